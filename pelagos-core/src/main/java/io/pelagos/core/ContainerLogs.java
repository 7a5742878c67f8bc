package io.pelagos.core;

import io.pelagos.core.internal.state.ContainerState;
import io.pelagos.core.internal.state.ContainerState.Status;
import io.pelagos.core.internal.state.Inotify;
import io.pelagos.core.internal.state.LogReader;
import io.pelagos.core.internal.state.OwnedDirectory;
import io.pelagos.core.kernel.Fd;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a detached container has written since its latest start, as far as it is kept: an immutable
 * description of what is wanted, and the ways to get it. Lines of both streams come in the order in
 * which they ended.
 */
public final class ContainerLogs {
    private final Engine engine;
    private final Supplier<ContainerState> look;
    private final Instant since;
    private final long tail;
    private final LogLine.@Nullable Source only;

    ContainerLogs(Engine engine, Supplier<ContainerState> look) {
        this(engine, look, Instant.MIN, Long.MAX_VALUE, null);
    }

    private ContainerLogs(
            Engine engine,
            Supplier<ContainerState> look,
            Instant since,
            long tail,
            LogLine.@Nullable Source only) {
        this.engine = engine;
        this.look = look;
        this.since = since;
        this.tail = tail;
        this.only = only;
    }

    /**
     * Leaves out what was written before a time.
     *
     * @param time the first that is of interest
     * @return narrowed logs
     */
    public ContainerLogs since(Instant time) {
        return new ContainerLogs(engine, look, time, tail, only);
    }

    /**
     * Leaves out all but the last lines of what there is when reading begins.
     *
     * @param lines how many are left
     * @return narrowed logs
     * @throws IllegalArgumentException when the number is negative
     */
    public ContainerLogs tail(long lines) {
        if (lines < 0) {
            throw new IllegalArgumentException("tail " + lines + ": must not be negative");
        }
        return new ContainerLogs(engine, look, since, lines, only);
    }

    /**
     * Leaves out the other stream.
     *
     * @param source the one that is of interest
     * @return narrowed logs
     */
    public ContainerLogs only(LogLine.Source source) {
        return new ContainerLogs(engine, look, since, tail, source);
    }

    /**
     * Reads what there is.
     *
     * @return the lines; a last one without an end is one too
     */
    public List<LogLine> lines() {
        var last = new ArrayDeque<LogLine>();
        try (var directory = open();
                var reader = new LogReader(engine.calls(), directory)) {
            var lines = new LogLines(filtered(line -> keep(last, line)));
            reader.read(lines);
            lines.end();
        }
        return new ArrayList<>(last);
    }

    private void keep(ArrayDeque<LogLine> last, LogLine line) {
        last.addLast(line);
        if (last.size() > tail) {
            last.removeFirst();
        }
    }

    private Consumer<LogLine> filtered(Consumer<LogLine> sink) {
        return line -> {
            if (!line.time().isBefore(since) && (only == null || line.source() == only)) {
                sink.accept(line);
            }
        };
    }

    /**
     * Passes on each line that there is, and then each as it is written, until the container ends.
     *
     * @param listener takes the lines; called by this thread
     * @throws InterruptedException when the thread is interrupted
     */
    public void follow(Consumer<LogLine> listener) throws InterruptedException {
        var _ =
                followUntil(
                        line -> {
                            listener.accept(line);
                            return false;
                        },
                        null);
    }

    /**
     * Follows until a line is found.
     *
     * @return that line; empty when the container has ended or the time is up before
     */
    Optional<LogLine> followUntil(Predicate<LogLine> found, @Nullable Duration atMost)
            throws InterruptedException {
        var result = new ArrayList<LogLine>();
        var past = new ArrayDeque<LogLine>();
        boolean[] live = {false};
        Consumer<LogLine> deliver =
                line -> {
                    if (result.isEmpty() && found.test(line)) {
                        result.add(line);
                    }
                };
        var lines =
                new LogLines(
                        filtered(
                                line -> {
                                    if (live[0]) {
                                        deliver.accept(line);
                                    } else {
                                        keep(past, line);
                                    }
                                }));
        run(
                null,
                reader -> {
                    reader.read(lines);
                    live[0] = true;
                    past.forEach(deliver);
                    past.clear();
                    return !result.isEmpty();
                },
                atMost);
        lines.end();
        return result.stream().findFirst();
    }

    /**
     * Copies what is written from now on, byte for byte, until the container ends.
     *
     * @param begun is called when "now" is past: what is written after that is copied
     */
    void copyNew(OutputStream stdout, OutputStream stderr, Runnable begun)
            throws IOException, InterruptedException {
        try {
            run(
                    begun,
                    reader -> {
                        reader.read(
                                (_, stream, bytes) -> copy(bytes, stream == 1 ? stdout : stderr));
                        return false;
                    },
                    null);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static void copy(byte[] bytes, OutputStream to) {
        try {
            to.write(bytes);
            to.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads again whenever something is written, until the step says so or the run has ended. */
    private void run(
            @Nullable Runnable fromNow, Predicate<LogReader> step, @Nullable Duration atMost)
            throws InterruptedException {
        long deadline = atMost == null ? 0 : System.nanoTime() + atMost.toNanos();
        try (var directory = open();
                var inotify = Inotify.open(engine.calls());
                var reader = new LogReader(engine.calls(), directory)) {
            int watched =
                    inotify.watch(directory, Inotify.MODIFY | Inotify.MOVED_TO | Inotify.CREATE);
            assert watched >= 0;
            if (fromNow != null) {
                reader.skip();
                fromNow.run();
            }
            while (true) {
                // Looked at first: what was written before the end is read after this.
                var state = look.get();
                if (step.test(reader) || state.status() != Status.RUNNING) {
                    return;
                }
                var left = atMost == null ? null : Duration.ofNanos(deadline - System.nanoTime());
                if (left != null && (left.isNegative() || left.isZero())) {
                    return;
                }
                await(state, inotify, left);
                var ignored = inotify.take();
                assert ignored != null;
            }
        }
    }

    /** Waits until something is written, or the end, or the time is up. */
    private void await(ContainerState state, Inotify inotify, @Nullable Duration atMost)
            throws InterruptedException {
        var supervisor = state.run().supervisor();
        var pidfd = supervisor == null ? Optional.<Fd>empty() : supervisor.open(engine.calls());
        if (supervisor != null && pidfd.isEmpty()) {
            return;
        }
        try {
            AnyReadable.await(
                    engine.poller(),
                    pidfd.map(process -> List.of(inotify.fd(), process))
                            .orElse(List.of(inotify.fd())),
                    atMost);
        } finally {
            pidfd.ifPresent(Fd::close);
        }
    }

    private OwnedDirectory open() {
        var name = look.get().name();
        try {
            return engine.states().directory(name);
        } catch (io.pelagos.core.kernel.ErrnoException e) {
            if (e.errno() == io.pelagos.core.kernel.Errno.ENOENT) {
                throw ContainerStateException.missing(name);
            }
            throw e;
        }
    }
}
