package io.pelagos.core;

import io.pelagos.core.spec.ByteSize;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.MiB;
import io.pelagos.core.spec.Stdio;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Runs a container to its end, reading both its outputs at the same time. */
final class Runs {
    static final ByteSize BOUND = MiB.of(1);
    private static final int CHUNK = 1 << 16;

    private static final CompletableFuture<Kept> NOT_KEPT =
            CompletableFuture.completedFuture(Kept.NOTHING);

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
                            ? keep(container.stdout(), bound, container.name() + " stdout")
                            : NOT_KEPT;
            var stderr =
                    spec.stderr() instanceof Stdio.Pipe
                            ? keep(container.stderr(), bound, container.name() + " stderr")
                            : NOT_KEPT;
            return result(container.waitFor(), stdout, stderr, start, container.warnings());
        }
    }

    /** Runs a process of a container to its end; the specification says where its outputs lead. */
    static Result run(Exec exec, ContainerSpec spec, ByteSize bound) throws InterruptedException {
        long start = System.nanoTime();
        try (exec) {
            var stdout =
                    spec.stdout() instanceof Stdio.Pipe
                            ? keep(exec.stdout(), bound, exec + " stdout")
                            : NOT_KEPT;
            var stderr =
                    spec.stderr() instanceof Stdio.Pipe
                            ? keep(exec.stderr(), bound, exec + " stderr")
                            : NOT_KEPT;
            return result(exec.waitFor(), stdout, stderr, start, exec.warnings());
        }
    }

    private static Result result(
            Exit exit,
            CompletableFuture<Kept> stdout,
            CompletableFuture<Kept> stderr,
            long start,
            List<String> warnings) {
        var elapsed = Duration.ofNanos(System.nanoTime() - start);
        return new Result(
                exit,
                stdout.join().text(),
                stderr.join().text(),
                stdout.join().truncated() || stderr.join().truncated(),
                elapsed,
                warnings);
    }

    private static CompletableFuture<Kept> keep(InputStream output, ByteSize bound, String name) {
        var kept = new CompletableFuture<Kept>();
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
        return kept;
    }

    private static Kept read(InputStream output, long bound) throws IOException {
        var bytes = new ByteArrayOutputStream();
        var chunk = new byte[CHUNK];
        boolean truncated = false;
        for (int count; (count = output.read(chunk)) >= 0; ) {
            int room = (int) Math.min(count, bound - bytes.size());
            bytes.write(chunk, 0, room);
            truncated |= room < count;
        }
        return new Kept(bytes.toString(StandardCharsets.UTF_8), truncated);
    }
}
