package io.pelagos.image.internal.store;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.OpenFlag;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Keeps two processes from doing the same work: an exclusive lock by flock(2), which ends with the
 * process that has it. Its file goes when the lock is given up, so whoever waited looks whether the
 * file is still the one that has the name.
 */
final class DigestLock implements AutoCloseable {
    private static final int LOCK_EX = 2;
    private static final int LOCK_NB = 4;
    private static final Constant FLAGS =
            Constant.flags(
                    OpenFlag.O_RDWR, OpenFlag.O_CREAT, OpenFlag.O_NOFOLLOW, OpenFlag.O_CLOEXEC);

    private final FileCalls calls;
    private final Fd directory;
    private final String name;
    private final Fd file;

    private DigestLock(FileCalls calls, Fd directory, String name, Fd file) {
        this.calls = calls;
        this.directory = directory;
        this.name = name;
        this.file = file;
    }

    /**
     * Waits until nobody else has the lock; not on a virtual thread, which would hold its carrier.
     */
    static DigestLock acquire(FileCalls calls, Path directory, String name) {
        return acquire(calls, directory, name, LOCK_EX).orElseThrow();
    }

    /** Takes the lock unless somebody else has it. */
    static Optional<DigestLock> tryAcquire(FileCalls calls, Path directory, String name) {
        return acquire(calls, directory, name, LOCK_EX | LOCK_NB);
    }

    private static Optional<DigestLock> acquire(
            FileCalls calls, Path path, String name, int operation) {
        var directory =
                calls.openPath(
                        path.toString(),
                        Constant.flags(
                                OpenFlag.O_RDONLY, OpenFlag.O_DIRECTORY, OpenFlag.O_CLOEXEC));
        try {
            while (true) {
                var file = calls.openEntry(directory, name, FLAGS, 0660);
                boolean kept = false;
                try {
                    long result = calls.calls().retry(Syscall.FLOCK, file.number(), operation);
                    if (result == -Errno.EAGAIN.number()) {
                        directory.close();
                        return Optional.empty();
                    }
                    SystemCalls.check(result, Syscall.FLOCK, file, "LOCK_EX");
                    var own = calls.status(file);
                    if (calls.status(directory, name).filter(own::isSame).isPresent()) {
                        kept = true;
                        return Optional.of(new DigestLock(calls, directory, name, file));
                    }
                } finally {
                    if (!kept) {
                        file.close();
                    }
                }
            }
        } catch (RuntimeException | Error e) {
            directory.close();
            throw e;
        }
    }

    @Override
    public void close() {
        try (directory;
                file) {
            calls.unlink(directory, name);
        }
    }
}
