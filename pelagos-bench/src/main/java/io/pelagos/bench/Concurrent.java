package io.pelagos.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Several threads that start containers at once; measured is the time for each container. */
final class Concurrent implements Subject {
    private final Ours ours;
    private final int threads;
    private final ExecutorService executor;

    Concurrent(Ours ours, int threads) {
        this.ours = ours;
        this.threads = threads;
        executor = Executors.newFixedThreadPool(threads);
    }

    @Override
    public String name() {
        return "threads-" + threads;
    }

    /** Gives one figure, the time of all containers divided by their number. */
    @Override
    public long[] run(int times) throws IOException, InterruptedException {
        var work = new ArrayList<Callable<long[]>>();
        for (int i = 0; i < threads; i++) {
            work.add(() -> ours.run(times));
        }
        long before = System.nanoTime();
        for (var done : executor.invokeAll(work)) {
            try {
                done.get();
            } catch (ExecutionException e) {
                throw new IOException(name(), e.getCause());
            }
        }
        return new long[] {(System.nanoTime() - before) / ((long) times * threads)};
    }

    @Override
    public void close() {
        executor.close();
    }
}
