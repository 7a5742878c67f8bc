package io.pelagos.core;

import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.OpenFlag;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * A question of {@code struct seccomp_notif}.
 *
 * @param engine makes calls
 * @param listener whose question it is
 * @param id identifies the question
 * @param name the call
 * @param tid the thread that asks
 * @param arguments six numbers
 */
record CallInProgress(
        Engine engine, Fd listener, long id, String name, int tid, List<Long> arguments)
        implements SyscallRequest {
    private static final long SECCOMP_IOCTL_NOTIF_ID_VALID = 0x40082102L;
    private static final int ARGUMENTS = 6;
    private static final int MOST = 1 << 20;
    private static final int PAGE = 4096;

    /** Reads {@code { u64 id; u32 pid, flags; int nr; u32 arch; u64 ip, args[6]; }}. */
    static CallInProgress of(
            Engine engine, Fd listener, Map<Integer, String> names, Memory.Block notif) {
        var arguments = new ArrayList<Long>();
        for (int i = 0; i < ARGUMENTS; i++) {
            arguments.add(notif.getLong(32 + 8 * i));
        }
        int number = notif.getInt(16);
        return new CallInProgress(
                engine,
                listener,
                notif.getLong(0),
                names.getOrDefault(number, Integer.toString(number)),
                notif.getInt(8),
                List.copyOf(arguments));
    }

    @Override
    public boolean isWaiting() {
        try (var memory = Memory.open()) {
            var question = memory.block(8).putLong(0, id);
            return engine.calls()
                            .retry(
                                    Syscall.IOCTL,
                                    listener.number(),
                                    SECCOMP_IOCTL_NOTIF_ID_VALID,
                                    question.address())
                    == 0;
        }
    }

    private void requireWaiting() {
        if (!isWaiting()) {
            throw new IllegalStateException(
                    "the thread " + tid + " no longer waits for the answer to " + name);
        }
    }

    @Override
    public byte[] read(long address, int length) {
        if (length < 0 || length > MOST) {
            throw new IllegalArgumentException("length " + length + ": must be 0 to " + MOST);
        }
        try (var file = open()) {
            var bytes = new byte[length];
            int done = 0;
            while (done < length) {
                int count = read(file, address + done, bytes, done, length - done);
                if (count == 0) {
                    throw new ErrnoException(
                            io.pelagos.core.kernel.Errno.EFAULT,
                            "pread64(" + file + ", …, " + length + ", " + address + ")");
                }
                done += count;
            }
            requireWaiting();
            return bytes;
        } catch (ErrnoException e) {
            throw SyscallFailedException.of("reading memory of the thread " + tid, e);
        }
    }

    @Override
    public String readString(long address, int most) {
        if (most < 0 || most > MOST) {
            throw new IllegalArgumentException("most " + most + ": must be 0 to " + MOST);
        }
        try (var file = open()) {
            var bytes = new byte[most + 1];
            int done = 0;
            while (done <= most) {
                // Not beyond the page, behind which there may be nothing.
                long at = address + done;
                int room = (int) (PAGE - (at & (PAGE - 1)));
                int count = read(file, at, bytes, done, Math.min(room, most + 1 - done));
                for (int end = done; end < done + count; end++) {
                    if (bytes[end] == 0) {
                        requireWaiting();
                        return new String(Arrays.copyOf(bytes, end), StandardCharsets.UTF_8);
                    }
                }
                done += count;
                if (count == 0) {
                    break;
                }
            }
            throw new IllegalArgumentException(
                    "the string at 0x" + Long.toHexString(address) + " is longer than " + most);
        } catch (ErrnoException e) {
            throw SyscallFailedException.of("reading memory of the thread " + tid, e);
        }
    }

    /** The number was that of the thread when the file was opened if it still waits then. */
    private Fd open() {
        var file = engine.calls().open(null, "/proc/" + tid + "/mem", OpenFlag.O_RDONLY);
        try {
            requireWaiting();
            return file;
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private int read(Fd file, long address, byte[] into, int offset, int length) {
        try (var memory = Memory.open()) {
            var buffer = memory.block(length);
            long count =
                    SystemCalls.check(
                            engine.calls()
                                    .retry(
                                            Syscall.PREAD64,
                                            file.number(),
                                            buffer.address(),
                                            length,
                                            address),
                            Syscall.PREAD64,
                            file,
                            "…",
                            length,
                            "0x" + Long.toHexString(address));
            buffer.get(0, into, offset, (int) count);
            return (int) count;
        }
    }
}
