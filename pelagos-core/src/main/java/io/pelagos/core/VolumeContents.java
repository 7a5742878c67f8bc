package io.pelagos.core;

import static io.pelagos.core.kernel.OpenFlag.O_DIRECTORY;
import static io.pelagos.core.kernel.OpenFlag.O_PATH;
import static io.pelagos.core.kernel.OpenFlag.O_RDONLY;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.files.TreeRemoval;
import io.pelagos.core.internal.files.CopyRules;
import io.pelagos.core.internal.files.OverlayMount;
import io.pelagos.core.internal.files.TreeSource;
import io.pelagos.core.internal.files.TreeTarget;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.Mount;
import io.pelagos.core.spec.RootSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Gives new volumes what the root of their first container has in their place. A copy gets its name
 * when it is complete, and only if the volume is still empty: of two containers that start at once
 * one has made it, and a JVM that is killed leaves an empty volume.
 */
final class VolumeContents {
    private final Engine engine;
    private final ContainerSpec spec;
    private final @Nullable RootLayers layers;
    private final FileCalls files;

    VolumeContents(Engine engine, ContainerSpec spec, @Nullable RootLayers layers) {
        this.engine = engine;
        this.spec = spec;
        this.layers = layers;
        files = new FileCalls(engine.calls());
    }

    /** Fills those that are empty; a root that is made of nothing has nothing to give. */
    void fill() {
        for (var mount : spec.mounts()) {
            if (mount instanceof Mount.Bind bind && isVolume(Path.of(bind.source()))) {
                var volume = Path.of(bind.source());
                if (bind.makesSource()) {
                    make(volume);
                }
                if (isEmpty(volume)) {
                    fill(volume, bind.target());
                }
            }
        }
    }

    private boolean isVolume(Path source) {
        return engine.paths().volumesDir().equals(source.getParent());
    }

    private static void make(Path volume) {
        try {
            Files.createDirectories(volume);
        } catch (IOException e) {
            throw new UncheckedIOException("making the volume " + volume.getFileName(), e);
        }
    }

    private static boolean isEmpty(Path volume) {
        try (var entries = Files.newDirectoryStream(volume)) {
            return !entries.iterator().hasNext();
        } catch (IOException e) {
            return false; // the mount will say what is wrong
        }
    }

    private void fill(Path volume, String target) {
        try (var root = root().orElse(null)) {
            if (root != null) {
                copy(root, volume, target);
            }
        } catch (ErrnoException e) {
            throw SyscallFailedException.of("filling the volume " + volume.getFileName(), e);
        } catch (IOException e) {
            throw new UncheckedIOException("filling the volume " + volume.getFileName(), e);
        }
    }

    private Optional<Fd> root() {
        return switch (spec.root()) {
            case RootSpec.Directory(var path) ->
                    Optional.of(
                            files.openPath(path.toString(), Constant.flags(O_PATH, O_DIRECTORY)));
            case RootSpec.Layers _ when layers != null ->
                    Optional.of(
                            OverlayMount.open(
                                    files,
                                    layers.lower(),
                                    layers.writable(),
                                    engine.userNamespaces().isInOne(spec)));
            case RootSpec.Layers _, RootSpec.Host(), RootSpec.Files _ -> Optional.empty();
        };
    }

    private void copy(Fd root, Path volume, String target) throws IOException {
        try (var from = find(root, target).orElse(null);
                var parent =
                        files.openPath(
                                String.valueOf(volume.getParent()),
                                Constant.flags(O_RDONLY, O_DIRECTORY))) {
            if (from == null || !files.status(from).isDirectory()) {
                return;
            }
            var name = ".filling-" + engine.newId();
            try {
                try (var sink = new TreeTarget(files, parent, name, CopyRules.EXACT, true)) {
                    new TreeSource(files, sink).copy(from, "");
                }
                files.rename(parent, name, parent, String.valueOf(volume.getFileName()));
            } catch (ErrnoException e) {
                if (!List.of(Errno.ENOTEMPTY, Errno.EEXIST).contains(e.errno())) {
                    throw e;
                }
                // Somebody else was faster.
            } finally {
                TreeRemoval.remove(files, parent, name);
            }
        }
    }

    private Optional<Fd> find(Fd root, String target) {
        try {
            return Optional.of(files.openInRoot(root, target, O_PATH));
        } catch (ErrnoException e) {
            return switch (e.errno()) {
                case ENOENT, ENOTDIR -> Optional.empty();
                default -> throw e;
            };
        }
    }
}
