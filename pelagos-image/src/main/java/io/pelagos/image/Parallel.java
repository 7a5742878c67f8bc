package io.pelagos.image;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;

/** Does work on virtual threads, which leave a connection at once when they are interrupted. */
final class Parallel {
    private Parallel() {}

    /** Does one thing, and leaves it when this thread is interrupted. */
    static <T> T interruptibly(Callable<T> action) throws InterruptedException {
        return all(1, List.of(action)).getFirst();
    }

    /**
     * Does things, so many at a time, and returns what each gave, in their order. The first that
     * fails ends the others, and what it threw is thrown when all have ended.
     */
    static <T> List<T> all(int most, List<Callable<T>> actions) throws InterruptedException {
        var room = new Semaphore(most);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var work = new ArrayList<Future<T>>();
            for (var action : actions) {
                work.add(threads.submit(() -> within(room, action)));
            }
            var results = new ArrayList<T>();
            try {
                for (var each : work) {
                    results.add(each.get());
                }
            } catch (InterruptedException e) {
                threads.shutdownNow();
                throw e;
            } catch (ExecutionException e) {
                threads.shutdownNow();
                throw rethrown(e);
            }
            return results;
        }
    }

    private static <T> T within(Semaphore room, Callable<T> action) throws Exception {
        room.acquire();
        try {
            return action.call();
        } finally {
            room.release();
        }
    }

    private static RuntimeException rethrown(ExecutionException e) throws InterruptedException {
        return switch (e.getCause()) {
            case RuntimeException cause -> cause;
            case Error cause -> throw cause;
            case InterruptedException cause -> throw cause;
            case null, default -> throw new IllegalStateException(e);
        };
    }
}
