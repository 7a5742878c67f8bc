package io.pelagos.core;

import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.Poller;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Waits for several descriptors at once. */
final class AnyReadable {
    private AnyReadable() {}

    /**
     * Waits until one is readable.
     *
     * @param poller does the waiting
     * @param fds which
     * @param atMost how long, or null for as long as it takes
     * @throws IllegalStateException when Pelagos is closed meanwhile
     */
    static void await(Poller poller, List<Fd> fds, @Nullable Duration atMost)
            throws InterruptedException {
        var futures = fds.stream().map(poller::whenReadable).toList();
        try {
            var any = CompletableFuture.anyOf(futures.toArray(CompletableFuture[]::new));
            if (atMost == null) {
                any.get();
            } else {
                any.get(Math.max(1, atMost.toNanos()), TimeUnit.NANOSECONDS);
            }
        } catch (TimeoutException e) {
            // The caller looks at the time itself.
        } catch (ExecutionException e) {
            throw new IllegalStateException("Pelagos was closed", e.getCause());
        } finally {
            futures.forEach(future -> future.cancel(false));
        }
    }
}
