package io.pelagos.core.internal.state;

import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.OpenFlag;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An exclusive lock by flock(2), which ends with the process that has it. */
final class FileLock implements AutoCloseable {
    private static final int LOCK_EX = 2;
    private static final int LOCK_NB = 4;
    private static final Constant FLAGS =
            Constant.flags(OpenFlag.O_RDWR, OpenFlag.O_CREAT, OpenFlag.O_NOFOLLOW);

    private final Fd file;

    private FileLock(Fd file) {
        this.file = file;
    }

    /** Waits until nobody else has the lock. */
    static FileLock acquire(SystemCalls calls, String path) {
        return tryAcquire(calls, null, path, LOCK_EX).orElseThrow();
    }

    /** Takes the lock unless somebody else has it. */
    static Optional<FileLock> tryAcquire(SystemCalls calls, String path) {
        return tryAcquire(calls, null, path, LOCK_EX | LOCK_NB);
    }

    /** Waits until nobody else has the lock, which lies in a directory. */
    static FileLock acquire(SystemCalls calls, OwnedDirectory directory, String name) {
        return tryAcquire(calls, directory.fd(), name, LOCK_EX).orElseThrow();
    }

    /** Takes the lock, which lies in a directory, unless somebody else has it. */
    static Optional<FileLock> tryAcquire(SystemCalls calls, OwnedDirectory directory, String name) {
        return tryAcquire(calls, directory.fd(), name, LOCK_EX | LOCK_NB);
    }

    private static Optional<FileLock> tryAcquire(
            SystemCalls calls, @Nullable Fd directory, String path, int operation) {
        var file = Fd.of(calls.kernel(), calls.openat(directory, path, FLAGS, 0600), path);
        try {
            long result = calls.retry(Syscall.FLOCK, file.number(), operation);
            if (result == -Errno.EAGAIN.number()) {
                file.close();
                return Optional.empty();
            }
            SystemCalls.check(result, Syscall.FLOCK, file, "LOCK_EX");
            return Optional.of(new FileLock(file));
        } catch (RuntimeException | Error e) {
            file.close();
            throw e;
        }
    }

    /** Returns the file, which may keep what the lock protects. */
    Fd file() {
        return file;
    }

    @Override
    public void close() {
        file.close();
    }
}
