package io.pelagos.core;

import static io.pelagos.core.kernel.OpenFlag.O_DIRECTORY;
import static io.pelagos.core.kernel.OpenFlag.O_PATH;
import static io.pelagos.core.kernel.OpenFlag.O_RDONLY;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.files.FileStatus;
import io.pelagos.core.files.TreeRemoval;
import io.pelagos.core.internal.files.CopyRules;
import io.pelagos.core.internal.files.LayerCopy;
import io.pelagos.core.internal.files.LayerDiff;
import io.pelagos.core.internal.files.OverlayMount;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.spec.Change;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.CopySetting;
import io.pelagos.core.spec.IdMap;
import io.pelagos.core.spec.Mount;
import io.pelagos.core.spec.Owner;
import io.pelagos.core.spec.RootSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The files of one container, while it runs and after. */
final class ContainerRoot implements AutoCloseable {
    /** What Pelagos itself makes in a root that lacks it, to mount something there. */
    private static final Set<String> MOUNT_POINTS = Set.of("/proc", "/sys", "/dev");

    /** What an id is shown as that is not mapped, see user_namespaces(7). */
    private static final long OVERFLOW = 65534;

    private final Engine engine;
    private final ContainerSpec spec;
    private final String name;
    private final @Nullable First first;
    private final @Nullable RootLayers layers;
    private final FileCalls calls;
    private volatile boolean closed;

    /**
     * The container's first process, whose root is that of the container.
     *
     * @param pid its id
     * @param pidfd refers to it
     */
    record First(int pid, Fd pidfd) {}

    ContainerRoot(
            Engine engine,
            ContainerSpec spec,
            String name,
            @Nullable First first,
            @Nullable RootLayers layers) {
        this.engine = engine;
        this.spec = spec;
        this.name = name;
        this.first = first;
        this.layers = layers;
        this.calls = new FileCalls(engine.calls());
    }

    private RootLayers layers() {
        if (layers == null) {
            throw new IllegalStateException(
                    "the root of " + name + " is no stack of layers, which Rootfs.layers gives");
        }
        return layers;
    }

    private RootLayers existingLayers(boolean ended) {
        var present = layers();
        if (ended && !present.isKept()) {
            throw gone();
        }
        return present;
    }

    private IllegalStateException gone() {
        return new IllegalStateException(
                "the files of " + name + " are gone with it: keep the changes of its root");
    }

    List<Change> diff(boolean ended) {
        var present = existingLayers(ended);
        var made =
                Stream.concat(MOUNT_POINTS.stream(), spec.mounts().stream().map(Mount::target))
                        .collect(Collectors.toSet());
        try {
            return LayerDiff.of(
                    calls,
                    present.writable().upper(),
                    present.lower().reversed(),
                    (path, status) -> made.contains(path) && isMountPoint(path, status));
        } catch (ErrnoException e) {
            throw SyscallFailedException.of("comparing the files of " + name, e);
        }
    }

    private static boolean isMountPoint(String path, FileStatus status) {
        return status.isDirectory()
                || (status.isRegular() && status.size() == 0 && !path.isEmpty());
    }

    /** Copies the writable layer, to which nobody must write meanwhile. */
    void commit(Path directory, boolean ended) {
        var present = existingLayers(ended);
        var layer = directory.toAbsolutePath().normalize();
        if (Files.exists(layer, LinkOption.NOFOLLOW_LINKS)) {
            throw new IllegalArgumentException("directory " + directory + ": exists already");
        }
        try {
            LayerCopy.copy(calls, present.writable().upper(), layer);
            if (closed && !present.isKept()) {
                throw gone();
            }
        } catch (RuntimeException | IOException e) {
            removePartial(layer, e);
            throw switch (e) {
                case ErrnoException errno ->
                        SyscallFailedException.of("copying the changes of " + name, errno);
                case IOException io ->
                        new UncheckedIOException("copying the changes of " + name, io);
                case RuntimeException other -> other;
                default -> new IllegalStateException(e);
            };
        }
    }

    private void removePartial(Path layer, Exception cause) {
        try (var parent =
                calls.openPath(
                        String.valueOf(layer.getParent()), Constant.flags(O_RDONLY, O_DIRECTORY))) {
            TreeRemoval.remove(calls, parent, String.valueOf(layer.getFileName()));
        } catch (ErrnoException e) {
            cause.addSuppressed(e);
        }
    }

    /** Takes the writable layer as one more layer; nobody must write to it meanwhile. */
    Snapshot snapshot(boolean ended) {
        var present = existingLayers(ended);
        var scratch = RootLayers.snapshot(engine);
        try {
            var layer = scratch.path().resolve("layer");
            commit(layer, ended);
            var lease = engine.leases().take("a snapshot of " + name, present.lower());
            var release = engine.snapshots().retain(present.lower());
            var snapshot =
                    new Snapshot(
                            engine,
                            spec,
                            scratch,
                            present.lower(),
                            layer,
                            () -> {
                                release.run();
                                lease.close();
                            });
            engine.snapshots().add(snapshot);
            return snapshot;
        } catch (RuntimeException e) {
            scratch.remove();
            throw e;
        }
    }

    /**
     * Opens the root as the first process has it, or as a later container would have it.
     *
     * @param ended whether the first process has ended
     * @return an {@code O_PATH} descriptor
     */
    Fd open(boolean ended) {
        try {
            return ended ? openEnded() : openRunning();
        } catch (ErrnoException e) {
            throw SyscallFailedException.of("opening the files of " + name, e);
        }
    }

    /**
     * The number of a process can be given to another once it was waited for. If the process can
     * still be signalled after its root was opened, that was its root.
     */
    private Fd openRunning() {
        var running = Objects.requireNonNull(first);
        var root =
                calls.openPath(
                        "/proc/" + running.pid() + "/root", Constant.flags(O_PATH, O_DIRECTORY));
        if (!engine.calls().pidfdSendSignal(running.pidfd(), 0)) {
            root.close();
            throw new ErrnoException(Errno.ESRCH, "pidfd_send_signal(" + running.pidfd() + ", 0)");
        }
        return root;
    }

    private Fd openEnded() {
        return switch (spec.root()) {
            case RootSpec.Directory(var path) ->
                    calls.openPath(path.toString(), Constant.flags(O_PATH, O_DIRECTORY));
            case RootSpec.Layers _ -> {
                var kept = existingLayers(true);
                yield OverlayMount.open(calls, kept.lower(), kept.writable());
            }
            case RootSpec.Host(), RootSpec.Files _ -> throw gone();
        };
    }

    FileCopies copies(boolean ended, CopySetting... settings) {
        return new FileCopies(calls, name, () -> open(ended), rulesIn(ended, settings));
    }

    FileCopies copiesOut(boolean ended, CopySetting... settings) {
        return new FileCopies(calls, name, () -> open(ended), rulesOut(ended, settings));
    }

    /** User and group 0 of the container, unless said. */
    private CopyRules rulesIn(boolean ended, CopySetting... settings) {
        return CopyRules.of(Owner.of(0, 0), ended ? owner -> owner : this::outside, settings);
    }

    /** The user of the JVM, unless said. */
    private CopyRules rulesOut(boolean ended, CopySetting... settings) {
        return CopyRules.of(null, ended ? owner -> owner : this::inside, settings);
    }

    private Owner outside(Owner owner) {
        return new Owner(
                translated("user", owner.uid(), spec.uidMap(), true),
                translated("group", owner.gid(), spec.gidMap(), true));
    }

    private Owner inside(Owner owner) {
        return new Owner(
                translated("user", owner.uid(), spec.uidMap(), false),
                translated("group", owner.gid(), spec.gidMap(), false));
    }

    private long translated(String what, long id, List<IdMap> maps, boolean outwards) {
        if (maps.isEmpty()) {
            return id;
        }
        for (var map : maps) {
            long from = outwards ? map.inside() : map.outside();
            if (id >= from && id < from + map.count()) {
                return id - from + (outwards ? map.outside() : map.inside());
            }
        }
        if (!outwards) {
            return OVERFLOW; // As the container itself sees it.
        }
        throw new IllegalArgumentException(
                "owner: " + what + " " + id + " is not mapped in the user namespace of " + name);
    }

    FileCalls calls() {
        return calls;
    }

    /** Removes what no longer serves when the container has ended. */
    @Override
    public void close() {
        closed = true;
        if (layers != null) {
            layers.close();
        }
    }
}
