package io.pelagos.image.internal.layer;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.LinuxKernel;
import io.pelagos.core.kernel.OpenFlag;
import io.pelagos.core.kernel.SystemCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A directory that layers are unpacked into. */
final class Tree {
    static final FileCalls CALLS = new FileCalls(new SystemCalls(new LinuxKernel()));

    private final Path root;

    Tree(Path root) throws IOException {
        this.root = Files.createDirectories(root);
    }

    Unpacked apply(byte[] archive) throws IOException {
        return unpack(new ByteArrayInputStream(archive), UnpackMode.MERGED, UnpackLimits.USUAL);
    }

    Unpacked overlay(byte[] archive) throws IOException {
        return unpack(new ByteArrayInputStream(archive), UnpackMode.OVERLAY, UnpackLimits.USUAL);
    }

    Unpacked unpack(InputStream archive, UnpackMode mode, UnpackLimits limits) throws IOException {
        try (var directory =
                CALLS.openPath(
                        root.toString(), Constant.flags(OpenFlag.O_RDONLY, OpenFlag.O_DIRECTORY))) {
            return LayerUnpacker.unpack(CALLS, directory, archive, mode, limits, true, it -> {});
        }
    }

    Path path(String name) {
        return root.resolve(name);
    }

    /** Lists what there is; a directory ends with a slash. */
    List<String> list() throws IOException {
        try (var all = Files.walk(root)) {
            return all.filter(it -> !it.equals(root))
                    .map(
                            it ->
                                    root.relativize(it)
                                            + (Files.isDirectory(
                                                            it,
                                                            java.nio.file.LinkOption.NOFOLLOW_LINKS)
                                                    ? "/"
                                                    : ""))
                    .sorted()
                    .toList();
        }
    }
}
