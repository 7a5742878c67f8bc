package io.pelagos.core;

import static io.pelagos.core.kernel.OpenFlag.O_DIRECTORY;
import static io.pelagos.core.kernel.OpenFlag.O_PATH;
import static io.pelagos.core.kernel.OpenFlag.O_RDONLY;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.files.FileStatus;
import io.pelagos.core.files.LayerStack;
import io.pelagos.core.files.MergedTree;
import io.pelagos.core.files.TreeRemoval;
import io.pelagos.core.internal.files.CopyRules;
import io.pelagos.core.internal.files.LayerCopy;
import io.pelagos.core.internal.files.LayerDiff;
import io.pelagos.core.internal.files.OverlayMount;
import io.pelagos.core.internal.files.Scratch;
import io.pelagos.core.internal.files.TreeSource;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.security.Capability;
import io.pelagos.core.spec.Change;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.CopySetting;
import io.pelagos.core.spec.FileSink;
import io.pelagos.core.spec.IdMap;
import io.pelagos.core.spec.Mount;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.Owner;
import io.pelagos.core.spec.RootSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
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
        if (layers == null && spec.root() instanceof RootSpec.Layers) {
            throw gone();
        }
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

    private FileCalls layerCalls(RootLayers present) {
        return present.isFuse() ? calls.ofFuseOverlayfs() : calls;
    }

    /**
     * Returns what the root is made of, when nobody outside of the container's user namespace may
     * look into it: "allow_other" of mount.fuse(8) ends there, also for root.
     *
     * @return null when it can be looked into
     */
    RootSpec.@Nullable Layers hidden() {
        return layers != null && spec.namespaces().containsKey(Namespace.USER) && layers.isFuse()
                ? layers.onDisk()
                : null;
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
                    layerCalls(present),
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
            LayerCopy.copy(
                    layerCalls(present),
                    present.writable().upper(),
                    layer,
                    engine.facts().effective().contains(Capability.SYS_ADMIN)
                            && !engine.facts().nested());
            if (!present.isKept() && (closed || !Files.isDirectory(present.writable().upper()))) {
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

    /** Gives the changes to a sink; nobody must write to them meanwhile. */
    void commit(FileSink sink, boolean ended) {
        var present = existingLayers(ended);
        var upper = present.writable().upper();
        give(
                "copying the changes of " + name,
                () -> LayerCopy.copy(layerCalls(present), upper, numbered(sink)));
    }

    /**
     * Gives all files to a sink as they are below whatever is mounted over them; nobody must write
     * to them meanwhile.
     */
    void export(FileSink sink, boolean ended) {
        Giving giving =
                switch (spec.root()) {
                    case RootSpec.Layers _ -> {
                        var present = existingLayers(ended);
                        var all = new ArrayList<Path>(List.of(present.writable().upper()));
                        all.addAll(present.lower().reversed());
                        var reading = layerCalls(present);
                        yield () -> {
                            try (var stack = LayerStack.open(reading, all)) {
                                MergedTree.copy(reading, stack, numbered(sink));
                            }
                        };
                    }
                    case RootSpec.Directory(var path) ->
                            () -> {
                                try (var top =
                                        calls.openPath(
                                                path.toString(),
                                                Constant.flags(O_PATH, O_DIRECTORY))) {
                                    new TreeSource(calls, numbered(sink)).copy(top, "");
                                }
                            };
                    case RootSpec.Host(), RootSpec.Files _ ->
                            throw new IllegalStateException(
                                    "the root of "
                                            + name
                                            + " is neither a stack of layers nor a directory");
                };
        give("exporting the files of " + name, giving);
    }

    private interface Giving {
        void run() throws IOException;
    }

    private static void give(String purpose, Giving giving) {
        try {
            giving.run();
        } catch (ErrnoException e) {
            throw SyscallFailedException.of(purpose, e);
        } catch (IOException e) {
            throw new UncheckedIOException(purpose, e);
        }
    }

    /** On disk owners have the numbers that they have outside of the container. */
    private FileSink numbered(FileSink sink) {
        return FileCopies.numbered(sink, CopyRules.of(null, this::inside));
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
            return snapshot(present, scratch, layer);
        } catch (RuntimeException | Error e) {
            undo(scratch::remove, e);
            throw e;
        }
    }

    private Snapshot snapshot(RootLayers present, Scratch scratch, Path layer) {
        var lease = engine.leases().take("a snapshot of " + name, present.lower());
        try {
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
        } catch (RuntimeException | Error e) {
            undo(lease::close, e);
            throw e;
        }
    }

    private static void undo(Runnable undoing, Throwable cause) {
        try {
            undoing.run();
        } catch (RuntimeException e) {
            cause.addSuppressed(e);
        }
    }

    /**
     * Opens the root as the first process has it, or as a later container would have it.
     *
     * @param ended whether the first process has ended
     * @return an {@code O_PATH} descriptor
     */
    Fd open(boolean ended) {
        if (!ended && hidden() != null) {
            throw new UnsupportedHostException(
                    "the files of "
                            + name
                            + " cannot be reached while it runs: fuse-overlayfs stacks its layers,"
                            + " and the kernel lets nobody outside of its user namespace look into"
                            + " them. Use exec(…), with tar(1) for copies, or diff(), commit() or"
                            + " snapshot(), which read the layers");
        }
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
                if (kept.isFuse()) {
                    throw new UnsupportedHostException(
                            "the changes of "
                                    + name
                                    + " were written by fuse-overlayfs, and nobody stacks its"
                                    + " layers when it has ended: use diff(), commit() or export(),"
                                    + " or start a container on them");
                }
                yield OverlayMount.open(
                        calls,
                        kept.lower(),
                        kept.writable(),
                        engine.userNamespaces().isInOne(spec));
            }
            case RootSpec.Host(), RootSpec.Files _ -> throw gone();
        };
    }

    FileCopies copies(boolean ended, CopySetting... settings) {
        // User and group 0 of the container, unless said.
        var rules =
                CopyRules.of(
                        Owner.of(0, 0),
                        isMapped(ended) ? this::outside : UnaryOperator.identity(),
                        settings);
        return new FileCopies(calls, name, () -> open(ended), rules, maker(ended));
    }

    FileCopies copiesOut(boolean ended, CopySetting... settings) {
        // The user of the JVM, unless said.
        var rules =
                CopyRules.of(
                        null, isMapped(ended) ? this::inside : UnaryOperator.identity(), settings);
        return new FileCopies(calls, name, () -> open(ended), rules, null);
    }

    /** Layers that were shown with mapped ids have on disk the owners that the container knows. */
    private boolean isMapped(boolean ended) {
        return !(ended && spec.root() instanceof RootSpec.Layers root && root.idMapped());
    }

    /** Only for its own users can files be made in the overlay of a user namespace. */
    private @Nullable Owner maker(boolean ended) {
        boolean ofUserNamespace =
                !ended
                        && spec.root() instanceof RootSpec.Layers
                        && !spec.uidMap().isEmpty()
                        && engine.facts().effective().contains(Capability.SYS_ADMIN);
        return ofUserNamespace ? outside(Owner.of(0, 0)) : null;
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
