package io.pelagos.core.internal.state;

import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.OpenFlag;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

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

    /** Waits until nobody else has the lock, which nobody has for long. */
    static FileLock acquire(SystemCalls calls, String path) {
        return lock(calls, open(calls, path), LOCK_EX).orElseThrow();
    }

    /** Takes the lock unless somebody else has it. */
    static Optional<FileLock> tryAcquire(SystemCalls calls, String path) {
        return lock(calls, open(calls, path), LOCK_EX | LOCK_NB);
    }

    /**
     * Waits until nobody else has the lock, however long: flock(2) would hold the carrier of a
     * virtual thread, so another thread calls it.
     *
     * @param file gives the file, open
     */
    static FileLock await(SystemCalls calls, Supplier<Fd> file) {
        var now = tryAcquire(calls, file);
        if (now.isPresent() || !Thread.currentThread().isVirtual()) {
            return now.orElseGet(() -> lock(calls, file.get(), LOCK_EX).orElseThrow());
        }
        var waiting = new CompletableFuture<FileLock>();
        Thread.ofPlatform()
                .daemon()
                .name("pelagos-freeze-lock")
                .start(
                        () -> {
                            try {
                                waiting.complete(lock(calls, file.get(), LOCK_EX).orElseThrow());
                            } catch (RuntimeException | Error e) {
                                waiting.completeExceptionally(e);
                            }
                        });
        try {
            return waiting.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException refused) {
                throw refused;
            }
            throw e;
        }
    }

    /**
     * Takes the lock unless somebody else has it.
     *
     * @param file gives the file, open
     */
    static Optional<FileLock> tryAcquire(SystemCalls calls, Supplier<Fd> file) {
        return lock(calls, file.get(), LOCK_EX | LOCK_NB);
    }

    private static Fd open(SystemCalls calls, String path) {
        return Fd.of(calls.kernel(), calls.openat(null, path, FLAGS, 0600), path);
    }

    private static Optional<FileLock> lock(SystemCalls calls, Fd file, int operation) {
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
