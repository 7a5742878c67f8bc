package io.pelagos.bench;

import io.pelagos.core.ContainerBuilder;
import io.pelagos.core.Pelagos;
import io.pelagos.core.Rootfs;
import io.pelagos.core.spec.ByteSize;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.Stdio;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.UnaryOperator;

/**
 * A container of ours, from the builder to the end that was waited for; closing it is not counted,
 * as what the peers leave to be removed is not.
 *
 * @param name of the subject
 * @param pelagos starts it
 * @param root its root directory
 * @param options what it gets beside the defaults
 */
record Ours(String name, Pelagos pelagos, Path root, UnaryOperator<ContainerBuilder> options)
        implements Subject {
    static Ours attached(Pelagos pelagos, Path root) {
        return new Ours("attached", pelagos, root, UnaryOperator.identity());
    }

    static Ours child(Pelagos pelagos, Path root) {
        return new Ours(
                "child",
                pelagos,
                root,
                builder -> builder.supervision(ContainerSpec.Supervision.CHILD));
    }

    static Ours limited(Pelagos pelagos, Path root) {
        return new Ours(
                "limits",
                pelagos,
                root,
                builder -> builder.memory(ByteSize.parse("64m")).cpus(1).pids(16));
    }

    @Override
    public long[] run(int times) throws IOException, InterruptedException {
        var nanos = new long[times];
        for (int i = 0; i < times; i++) {
            nanos[i] = startAndWait();
        }
        return nanos;
    }

    private long startAndWait() throws IOException, InterruptedException {
        long before = System.nanoTime();
        var builder =
                pelagos.container(Rootfs.directory(root))
                        .command("true")
                        .stdin(Stdio.NULL)
                        .stdout(Stdio.NULL)
                        .stderr(Stdio.NULL);
        try (var container = options.apply(builder).start()) {
            var exit = container.waitFor();
            long nanos = System.nanoTime() - before;
            check(exit);
            return nanos;
        }
    }

    static void check(Exit exit) throws IOException {
        if (exit.code() != 0) {
            throw new IOException("the container ended otherwise than expected: " + exit);
        }
    }
}
