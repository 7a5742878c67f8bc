package io.pelagos.core;

import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.spec.Exit;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** How a process will have ended, for those who wait. */
final class PendingExit {
    private final CompletableFuture<Exit> exit = new CompletableFuture<>();
    private final String purpose;

    /**
     * Makes it for a process that runs.
     *
     * @param purpose what is being done by who waits, for messages
     */
    PendingExit(String purpose) {
        this.purpose = purpose;
    }

    boolean isKnown() {
        return exit.isDone();
    }

    /** Returns a future for others, who cannot complete this one by it. */
    CompletableFuture<Exit> copy() {
        return exit.copy();
    }

    /** Tells those who wait; the first word counts. */
    void is(Exit how) {
        exit.complete(how);
    }

    /** Tells those who wait that it will never be known. */
    void isUnknown(Exception why) {
        exit.completeExceptionally(why);
    }

    Exit await() throws InterruptedException {
        try {
            return exit.get();
        } catch (ExecutionException e) {
            throw notAwaited(e.getCause());
        }
    }

    /** Waits for some time; empty when that is up. */
    Optional<Exit> await(Duration atMost) throws InterruptedException {
        try {
            return Optional.of(exit.get(atMost.toNanos(), TimeUnit.NANOSECONDS));
        } catch (TimeoutException e) {
            return Optional.empty();
        } catch (ExecutionException e) {
            throw notAwaited(e.getCause());
        }
    }

    private RuntimeException notAwaited(@Nullable Throwable why) {
        return why instanceof ErrnoException errno
                ? SyscallFailedException.of(purpose, errno)
                : new IllegalStateException(purpose, why);
    }

    /** Waits until it is known, or will never be; no interrupt ends that. */
    void awaitCertainty() {
        exit.handle((_, _) -> null).join();
    }
}
