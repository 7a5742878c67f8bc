package io.pelagos.core;

import io.pelagos.core.spec.ByteSize;
import io.pelagos.core.spec.MiB;
import io.pelagos.core.spec.Stdio;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

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
                            ? keep(container.stdout(), bound, container.name() + " stdout")
                            : CompletableFuture.completedFuture(Kept.NOTHING);
            var stderr =
                    spec.stderr() instanceof Stdio.Pipe
                            ? keep(container.stderr(), bound, container.name() + " stderr")
                            : CompletableFuture.completedFuture(Kept.NOTHING);
            var exit = container.waitFor();
            var elapsed = Duration.ofNanos(System.nanoTime() - start);
            return new Result(
                    exit,
                    stdout.join().text(),
                    stderr.join().text(),
                    stdout.join().truncated() || stderr.join().truncated(),
                    elapsed,
                    container.warnings());
        }
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
