package io.pelagos.image.internal.layer;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.OpenFlag;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.image.fixtures.Tars;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Somebody swaps a directory and a link to the outside while a layer is unpacked. */
class LayerRaceIT {
    private static final int EXCHANGE = 2;
    private static final int ROUNDS = 200;

    @TempDir private Path temporary;

    @Test
    void nothingIsEverWrittenOutside() throws Exception {
        var outside = Files.createDirectory(temporary.resolve("outside"));
        var tree = new Tree(temporary.resolve("root"));
        var ended = new AtomicBoolean();
        var tar = Tars.tar();
        for (int i = 0; i < 50; i++) {
            tar.file("dir/f" + i, "x").file("dir/sub/g" + i, "y");
        }
        var archive = tar.bytes();
        Files.createDirectory(tree.path("dir"));
        Files.createSymbolicLink(tree.path("link"), outside);
        var swapper = Thread.ofPlatform().start(() -> swap(ended));
        int completed = 0;
        try {
            for (int i = 0; i < ROUNDS; i++) {
                completed += applied(tree, archive) ? 1 : 0;
                assertThat(outside).isEmptyDirectory();
            }
        } finally {
            ended.set(true);
            swapper.join();
        }
        assertThat(outside).isEmptyDirectory();
        assertThat(completed).isPositive();
    }

    private static boolean applied(Tree tree, byte[] archive) throws IOException {
        try {
            tree.apply(archive);
            return true;
        } catch (ErrnoException e) {
            return false;
        }
    }

    private void swap(AtomicBoolean ended) {
        try (var root =
                        Tree.CALLS.openPath(
                                temporary.resolve("root").toString(),
                                Constant.flags(OpenFlag.O_RDONLY, OpenFlag.O_DIRECTORY));
                var memory = Memory.open()) {
            long one = memory.string("dir");
            long other = memory.string("link");
            while (!ended.get()) {
                Tree.CALLS
                        .calls()
                        .retry(
                                Syscall.RENAMEAT2,
                                root.number(),
                                one,
                                root.number(),
                                other,
                                EXCHANGE);
            }
        }
    }
}
