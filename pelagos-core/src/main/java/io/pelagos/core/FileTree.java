package io.pelagos.core;

import static io.pelagos.core.kernel.OpenFlag.O_DIRECTORY;
import static io.pelagos.core.kernel.OpenFlag.O_NOFOLLOW;
import static io.pelagos.core.kernel.OpenFlag.O_PATH;
import static io.pelagos.core.kernel.OpenFlag.O_RDONLY;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.files.LayerStack;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;

/** What a {@link ContainerFileSystem} shows. Its failures are {@link ErrnoException}s. */
interface FileTree {
    /**
     * Finds a file; no link and no {@code ..} leads out of the tree.
     *
     * @param path an absolute path in it
     * @param followed whether a link at the end of the path is followed
     * @return an {@code O_PATH} descriptor, to be closed
     */
    Fd open(String path, boolean followed);

    /** Returns the names in a directory. */
    List<String> list(String path);

    /** A directory that is opened anew for each operation; the kernel resolves paths in it. */
    record OfRoot(FileCalls calls, Supplier<Fd> roots) implements FileTree {
        @Override
        public Fd open(String path, boolean followed) {
            try (var root = roots.get()) {
                return calls.openInRoot(
                        root, path, followed ? O_PATH : Constant.flags(O_PATH, O_NOFOLLOW));
            }
        }

        @Override
        public List<String> list(String path) {
            try (var root = roots.get();
                    var directory =
                            calls.openInRoot(root, path, Constant.flags(O_RDONLY, O_DIRECTORY))) {
                return calls.list(directory);
            }
        }
    }

    /** Layers seen through each other without a mount, the highest first. */
    record OfLayers(FileCalls calls, List<Path> layers) implements FileTree {
        @Override
        public Fd open(String path, boolean followed) {
            try (var stack = stack()) {
                return stack.resolve(path, followed)
                        .orElseThrow(() -> new ErrnoException(Errno.ENOENT, "finding " + path));
            }
        }

        @Override
        public List<String> list(String path) {
            try (var stack = stack()) {
                return stack.list(path);
            }
        }

        /** Without one of them the files would be others, and not fewer. */
        private LayerStack stack() {
            for (var layer : layers) {
                if (!Files.isDirectory(layer)) {
                    throw new ErrnoException(Errno.ENOENT, "opening the layer " + layer);
                }
            }
            return LayerStack.open(calls, layers);
        }
    }
}
