package io.pelagos.bench;

import io.pelagos.core.Pelagos;
import io.pelagos.core.Rootfs;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A container of ours whose outputs are pipes that are read to their end.
 *
 * @param pelagos starts it
 * @param root its root directory
 */
record Piped(Pelagos pelagos, Path root) implements Subject {
    @Override
    public String name() {
        return "pipes";
    }

    @Override
    public long[] run(int times) throws IOException, InterruptedException {
        var nanos = new long[times];
        for (int i = 0; i < times; i++) {
            long before = System.nanoTime();
            var result = pelagos.container(Rootfs.directory(root)).command("echo", "hello").run();
            nanos[i] = System.nanoTime() - before;
            Ours.check(result.exit());
            if (!"hello\n".equals(result.stdout())) {
                throw new IOException("the output was lost: " + result);
            }
        }
        return nanos;
    }
}
