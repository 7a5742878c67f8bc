package io.pelagos.image;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;

/**
 * Fetches images in the background. What several ask for at the same time is fetched by the first;
 * the others wait for it.
 */
final class Prefetching {
    private final Map<String, FutureTask<Image>> inWork = new ConcurrentHashMap<>();
    private final Set<FutureTask<?>> running = ConcurrentHashMap.newKeySet();

    /** Fetches one image. */
    interface Fetching {
        Image fetch(String reference) throws InterruptedException;
    }

    /** Begins to fetch images, so many at a time; the result ends with the first that fails. */
    Future<List<Image>> begin(List<String> references, int parallel, Fetching how) {
        List<Callable<Image>> work =
                references.stream().<Callable<Image>>map(it -> () -> once(it, how)).toList();
        var task = new FutureTask<List<Image>>(() -> Parallel.all(parallel, work));
        running.add(task);
        Thread.ofVirtual()
                .name("pelagos-prefetch")
                .start(
                        () -> {
                            try {
                                task.run();
                            } finally {
                                running.remove(task);
                            }
                        });
        return task;
    }

    private Image once(String reference, Fetching how) throws Exception {
        while (true) {
            var mine = new FutureTask<>(() -> how.fetch(reference));
            var other = inWork.putIfAbsent(reference, mine);
            if (other == null) {
                try {
                    mine.run();
                    return result(mine);
                } finally {
                    inWork.remove(reference, mine);
                }
            }
            try {
                return other.get();
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof InterruptedException)) {
                    throw cause(e);
                }
                // Whoever fetched it was called off; that is not this caller's affair.
            }
        }
    }

    private static Image result(FutureTask<Image> task) throws Exception {
        try {
            return task.get();
        } catch (ExecutionException e) {
            throw cause(e);
        }
    }

    private static Exception cause(ExecutionException e) {
        return switch (e.getCause()) {
            case Exception cause -> cause;
            case Error error -> throw error;
            case null, default -> e;
        };
    }

    /** Calls off what is still on its way. */
    void close() {
        running.forEach(it -> it.cancel(true));
    }
}
