package io.pelagos.core;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;

/**
 * Looks at the lines that a container writes to this JVM, from the first one on as far as they are
 * kept, until it is closed. A virtual thread for each output reads ahead of the application, so
 * that the container is not held up while nobody else reads.
 */
final class OutputWatch implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(OutputWatch.class.getName());

    private final int most;

    /** Guards the lines, since both outputs are read at the same time. */
    private final ReentrantLock lock = new ReentrantLock();

    private final LogLines lines = new LogLines(this::line);
    private final Deque<String> last = new ArrayDeque<>();
    private final Map<Pattern, CompletableFuture<Void>> wanted = new HashMap<>();
    private final Map<OutputTap, OutputTap.Viewer> viewers = new LinkedHashMap<>();
    private final List<Thread> pumps = new ArrayList<>();

    /**
     * Begins to look.
     *
     * @param taps the outputs by their numbers
     * @param patterns what is looked for
     * @param most how many of the last lines are kept
     */
    OutputWatch(Map<Integer, OutputTap> taps, List<Pattern> patterns, int most) {
        this.most = most;
        patterns.forEach(pattern -> wanted.put(pattern, new CompletableFuture<>()));
        taps.forEach(this::view);
        for (var tap : viewers.keySet()) {
            pumps.add(Thread.ofVirtual().name("pelagos-ready").start(() -> pump(tap)));
        }
    }

    private void view(int stream, OutputTap tap) {
        OutputTap.Viewer viewer =
                (bytes, offset, length) -> {
                    lock.lock();
                    try {
                        lines.chunk(
                                Instant.now(),
                                stream,
                                Arrays.copyOfRange(bytes, offset, offset + length));
                    } finally {
                        lock.unlock();
                    }
                };
        viewers.put(tap, viewer);
        tap.add(viewer);
    }

    private void line(LogLine line) {
        last.addLast(line.text());
        if (last.size() > most) {
            last.removeFirst();
        }
        wanted.forEach(
                (pattern, found) -> {
                    if (pattern.matcher(line.text()).find()) {
                        found.complete(null);
                    }
                });
    }

    private static void pump(OutputTap tap) {
        try {
            tap.pump();
        } catch (IOException e) {
            // Interrupted because nobody waits any more, or closed with the container.
            LOG.log(System.Logger.Level.TRACE, "reading ahead", e);
        }
    }

    /** Completes when a pattern is found in a line; not when it no longer can be. */
    CompletableFuture<Void> found(Pattern pattern) {
        return wanted.getOrDefault(pattern, new CompletableFuture<>());
    }

    /** Reads what a container that has ended has left, and takes a last line as it is. */
    void finish() throws InterruptedException {
        stopPumps();
        for (var tap : viewers.keySet()) {
            try {
                tap.pumpAvailable();
            } catch (IOException e) {
                LOG.log(System.Logger.Level.TRACE, "reading what is left", e);
            }
        }
        lock.lock();
        try {
            lines.end();
        } finally {
            lock.unlock();
        }
    }

    /** Returns what was written last, to both outputs in the order in which it was read. */
    List<String> lastLines() {
        lock.lock();
        try {
            return List.copyOf(last);
        } finally {
            lock.unlock();
        }
    }

    /** Returns how many bytes were dropped because the application has not read them. */
    long dropped() {
        return viewers.keySet().stream().mapToLong(OutputTap::dropped).sum();
    }

    private void stopPumps() {
        pumps.forEach(Thread::interrupt);
        boolean interrupted = false;
        for (var pump : pumps) {
            while (pump.isAlive()) {
                try {
                    pump.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        stopPumps();
        viewers.forEach(OutputTap::remove);
    }
}
