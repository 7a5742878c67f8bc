package io.pelagos.core.internal.files;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;

/**
 * Copies what a file holds inside the kernel: by sharing its blocks where the file system can
 * (FICLONE of ioctl_ficlonerange(2)), else range by range, leaving out holes.
 */
final class FileData {
    private static final long FICLONE = 0x40049409L;
    private static final int SEEK_SET = 0;
    private static final int SEEK_DATA = 3;
    private static final int SEEK_HOLE = 4;
    private static final long RANGE = 1L << 30;
    private static final int BUFFER = 1 << 17;

    private final SystemCalls calls;

    FileData(SystemCalls calls) {
        this.calls = calls;
    }

    /** Copies everything into an empty file. */
    void copy(Fd from, Fd to, long size) {
        if (size == 0 || calls.retry(Syscall.IOCTL, to.number(), FICLONE, from.number()) == 0) {
            return;
        }
        long at = 0;
        while (at < size) {
            long data = calls.retry(Syscall.LSEEK, from.number(), at, SEEK_DATA);
            if (data == -Errno.ENXIO.number()) {
                break; // Nothing but a hole up to the end.
            }
            if (data < 0) {
                copyRange(from, to, at, size);
                return;
            }
            long hole = seek(from, data, SEEK_HOLE);
            copyRange(from, to, data, hole);
            at = hole;
        }
        SystemCalls.check(
                calls.retry(Syscall.FTRUNCATE, to.number(), size), Syscall.FTRUNCATE, to, size);
    }

    private void copyRange(Fd from, Fd to, long start, long end) {
        seek(from, start, SEEK_SET);
        seek(to, start, SEEK_SET);
        for (long left = end - start; left > 0; ) {
            long count =
                    calls.retry(
                            Syscall.COPY_FILE_RANGE,
                            from.number(),
                            0,
                            to.number(),
                            0,
                            Math.min(left, RANGE),
                            0);
            if (count == 0) {
                return; // The file was cut meanwhile.
            }
            if (count < 0) {
                // Not between these two file systems, or not this kind of file.
                copyBytes(from, to, left);
                return;
            }
            left -= count;
        }
    }

    private void copyBytes(Fd from, Fd to, long length) {
        try (var memory = Memory.open()) {
            var buffer = memory.block(BUFFER);
            for (long left = length; left > 0; ) {
                long count =
                        SystemCalls.check(
                                calls.retry(
                                        Syscall.READ,
                                        from.number(),
                                        buffer.address(),
                                        Math.min(left, BUFFER)),
                                Syscall.READ,
                                from);
                if (count == 0) {
                    return;
                }
                for (long done = 0; done < count; ) {
                    done +=
                            SystemCalls.check(
                                    calls.retry(
                                            Syscall.WRITE,
                                            to.number(),
                                            buffer.address() + done,
                                            count - done),
                                    Syscall.WRITE,
                                    to);
                }
                left -= count;
            }
        }
    }

    private long seek(Fd file, long offset, int whence) {
        return SystemCalls.check(
                calls.retry(Syscall.LSEEK, file.number(), offset, whence),
                Syscall.LSEEK,
                file,
                offset,
                whence);
    }
}
