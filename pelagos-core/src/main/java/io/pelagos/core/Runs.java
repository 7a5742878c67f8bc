package io.pelagos.core;

import io.pelagos.core.spec.ByteSize;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.MiB;
import io.pelagos.core.spec.Stdio;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Runs a container to its end, reading both its outputs at the same time. */
final class Runs {
    static final ByteSize BOUND = MiB.of(1);
    private static final int CHUNK = 1 << 16;

    private Runs() {}

    /** What was kept of an output. */
    private record Kept(String text, boolean truncated) {
        static final Kept NOTHING = new Kept("", false);
    }

    static Result run(Container container, ByteSize bound) throws InterruptedException {
        long start = System.nanoTime();
        try (container) {
            var spec = container.spec();
            var stdout =
                    spec.stdout() instanceof Stdio.Pipe
                            ? Reader.start(container.stdout(), bound, container.name() + " stdout")
                            : Reader.NOTHING;
            var stderr =
                    spec.stderr() instanceof Stdio.Pipe
                            ? Reader.start(container.stderr(), bound, container.name() + " stderr")
                            : Reader.NOTHING;
            var exit = container.waitFor();
            ((RunningContainer) container).awaitCopied();
            return result(exit, stdout, stderr, start, container.warnings());
        }
    }

    /**
     * Runs a process of a container to its end; the specification says where its outputs lead.
     * Processes that it leaves behind may hold its outputs open: what they write later is not
     * waited for.
     */
    static Result run(Exec exec, ContainerSpec spec, ByteSize bound) throws InterruptedException {
        long start = System.nanoTime();
        try (exec) {
            var stdout =
                    spec.stdout() instanceof Stdio.Pipe
                            ? Reader.start(exec.stdout(), bound, exec + " stdout")
                            : Reader.NOTHING;
            var stderr =
                    spec.stderr() instanceof Stdio.Pipe
                            ? Reader.start(exec.stderr(), bound, exec + " stderr")
                            : Reader.NOTHING;
            var exit = exec.waitFor();
            stdout.finish();
            stderr.finish();
            return result(exit, stdout, stderr, start, exec.warnings());
        }
    }

    private static Result result(
            Exit exit, Reader stdout, Reader stderr, long start, List<String> warnings) {
        var elapsed = Duration.ofNanos(System.nanoTime() - start);
        return new Result(
                exit,
                stdout.kept().join().text(),
                stderr.kept().join().text(),
                stdout.kept().join().truncated() || stderr.kept().join().truncated(),
                elapsed,
                warnings);
    }

    /** A virtual thread that reads an output, and what it has kept in the end. */
    private record Reader(CompletableFuture<Kept> kept, @Nullable Thread thread) {
        static final Reader NOTHING =
                new Reader(CompletableFuture.completedFuture(Kept.NOTHING), null);

        static Reader start(InputStream output, ByteSize bound, String name) {
            var kept = new CompletableFuture<Kept>();
            var thread =
                    Thread.ofVirtual()
                            .name(name)
                            .start(
                                    () -> {
                                        try {
                                            kept.complete(read(output, bound.bytes()));
                                        } catch (IOException | RuntimeException e) {
                                            kept.completeExceptionally(e);
                                        }
                                    });
            return new Reader(kept, thread);
        }

        /** Ends when what is there now has been read. */
        void finish() {
            if (thread != null) {
                thread.interrupt();
            }
        }

        private static Kept read(InputStream output, long bound) throws IOException {
            var bytes = new ByteArrayOutputStream();
            var chunk = new byte[CHUNK];
            boolean truncated = false;
            for (int count; (count = readMore(output, chunk)) >= 0; ) {
                int room = (int) Math.min(count, bound - bytes.size());
                bytes.write(chunk, 0, room);
                truncated |= room < count;
            }
            return new Kept(bytes.toString(StandardCharsets.UTF_8), truncated);
        }

        /** An interruption is the word to read what is there and wait for nothing more. */
        private static int readMore(InputStream output, byte[] chunk) throws IOException {
            try {
                return output.read(chunk);
            } catch (InterruptedIOException e) {
                boolean wasInterrupted = Thread.interrupted();
                int count = output.available() > 0 ? output.read(chunk) : -1;
                if (wasInterrupted) {
                    Thread.currentThread().interrupt();
                }
                return count;
            }
        }
    }
}
