package io.pelagos.core;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.internal.files.Scratch;
import io.pelagos.core.internal.launch.OverlayTrial;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.MountApi;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.IdMap;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.RootSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntConsumer;

/**
 * Whether the kernel's overlayfs works for layers, found out by trying: once for each combination
 * of file systems, and in a user namespace apart from without one.
 */
final class OverlayTrials {
    private static final System.Logger LOG = System.getLogger(OverlayTrials.class.getName());

    /** {@code statfs.f_type} of ext4, XFS, tmpfs and Btrfs, see linux/magic.h. */
    private static final Set<Long> KNOWN = Set.of(0xEF53L, 0x58465342L, 0x01021994L, 0x9123683EL);

    private static final int STATFS_SIZE = 120;

    /** How many entries of a layer are looked at, so that it costs nothing to speak of. */
    private static final int SAMPLE = 256;

    private final Engine engine;
    private final Map<Kind, Optional<String>> known = new ConcurrentHashMap<>();

    /**
     * What a trial is good for.
     *
     * @param devices the file systems: that of the writable layer first, then of the others
     * @param userNamespace whether the container has a user namespace of its own
     */
    private record Kind(List<Long> devices, boolean userNamespace) {}

    OverlayTrials(Engine engine) {
        this.engine = engine;
    }

    /**
     * Says why the kernel's overlayfs does not do for a container.
     *
     * @param work the directory that overlayfs would work in
     * @return empty when it does
     */
    Optional<String> reason(ContainerSpec spec, RootSpec.Layers layers, Path work) {
        boolean userNamespace = spec.creates(Namespace.USER);
        var foreign = userNamespace ? foreignOwner(spec, layers) : Optional.<String>empty();
        if (foreign.isPresent()) {
            return foreign;
        }
        if (!engine.userNamespaces().isInOne(spec) && isKnown(work)) {
            return missing();
        }
        var devices = new ArrayList<Long>();
        devices.add(device(work));
        var others = new TreeSet<Long>();
        var more = new ArrayList<Path>();
        for (var layer : layers.directories()) {
            if (others.add(device(layer))) {
                more.add(layer);
            }
        }
        devices.addAll(others);
        return known.computeIfAbsent(
                new Kind(devices, userNamespace), _ -> attempt(spec, work, more));
    }

    /** Says what keeps this user's containers from overlays in a directory, by trying it there. */
    Optional<String> attempt(ContainerSpec spec, Path parent, List<Path> more) {
        var files = new FileCalls(engine.calls());
        var scratch =
                Scratch.make(
                        files,
                        () ->
                                parent.resolve(
                                        "overlay-"
                                                + ProcessHandle.current().pid()
                                                + "-"
                                                + engine.nextScratch()));
        try {
            var links = lay(scratch, more);
            IntConsumer mapping =
                    spec.creates(Namespace.USER)
                            ? pid -> engine.userNamespaces().write(pid, spec)
                            : null;
            return OverlayTrial.failure(
                    engine.calls(),
                    engine.poller(),
                    new OverlayTrial.Setup(
                            scratch.path().toString(),
                            links,
                            engine.userNamespaces().isInOne(spec),
                            mapping));
        } catch (ErrnoException e) {
            return Optional.of(e.call() + ": " + e.errno());
        } catch (IOException e) {
            throw new UncheckedIOException("trying overlayfs in " + parent, e);
        } finally {
            scratch.remove();
        }
    }

    /** Makes what the trial stacks. */
    private static List<String> lay(Scratch scratch, List<Path> more) throws IOException {
        for (var name :
                List.of(
                        OverlayTrial.LOWER,
                        OverlayTrial.UPPER,
                        OverlayTrial.WORK,
                        OverlayTrial.MERGED)) {
            scratch.makeDirectory(name, 0700);
        }
        var lower = scratch.path().resolve(OverlayTrial.LOWER);
        Files.createFile(lower.resolve(OverlayTrial.CHANGED));
        Files.createFile(lower.resolve(OverlayTrial.DELETED));
        Files.createDirectory(lower.resolve(OverlayTrial.REPLACED));
        Files.createFile(lower.resolve(OverlayTrial.HIDDEN));
        var links = new ArrayList<String>();
        for (var layer : more) {
            var name = Integer.toString(links.size());
            Files.createSymbolicLink(scratch.path().resolve(name), layer);
            links.add(name);
        }
        return links;
    }

    /** Without a user namespace these are known to do everything. */
    private boolean isKnown(Path directory) {
        try (var memory = Memory.open()) {
            var status = memory.block(STATFS_SIZE);
            long result =
                    engine.calls()
                            .retry(
                                    Syscall.STATFS,
                                    memory.string(directory.toString()),
                                    status.address());
            return result == 0 && KNOWN.contains(status.getLong(0) & 0xffffffffL);
        }
    }

    private Optional<String> missing() {
        var calls = engine.calls();
        try (var memory = Memory.open()) {
            long context =
                    calls.retry(
                            Syscall.FSOPEN,
                            memory.string("overlay"),
                            MountApi.FSOPEN_CLOEXEC.value(calls.kernel().architecture()));
            if (context >= 0) {
                calls.close((int) context);
            }
            return context == -Errno.ENODEV.number()
                    ? Optional.of("this kernel has no overlayfs (modprobe overlay)")
                    : Optional.empty();
        }
    }

    /**
     * With a single id the kernel cannot copy up what belongs to anybody else (EOVERFLOW). Layers
     * that this user has unpacked have no such files; it is enough to look at some.
     */
    private static Optional<String> foreignOwner(ContainerSpec spec, RootSpec.Layers layers) {
        boolean singleUser = isSingle(spec.uidMap());
        boolean singleGroup = isSingle(spec.gidMap());
        if (!singleUser && !singleGroup) {
            return Optional.empty();
        }
        for (var layer : layers.directories()) {
            try (var files = Files.walk(layer, 2)) {
                var foreign =
                        files.limit(SAMPLE)
                                .filter(
                                        file ->
                                                (singleUser
                                                                && !isOwn(
                                                                        file,
                                                                        "unix:uid",
                                                                        spec.uidMap()))
                                                        || (singleGroup
                                                                && !isOwn(
                                                                        file,
                                                                        "unix:gid",
                                                                        spec.gidMap())))
                                .findFirst();
                if (foreign.isPresent()) {
                    return Optional.of(
                            foreign.get()
                                    + " belongs to somebody who is not mapped in the user"
                                    + " namespace, so that it could be neither written to (EACCES)"
                                    + " nor copied up (EOVERFLOW)");
                }
            } catch (IOException | UncheckedIOException e) {
                LOG.log(System.Logger.Level.DEBUG, "not looked at: " + layer, e);
            }
        }
        return Optional.empty();
    }

    private static boolean isSingle(List<IdMap> maps) {
        return maps.size() == 1 && maps.getFirst().count() == 1;
    }

    private static boolean isOwn(Path file, String attribute, List<IdMap> maps) {
        try {
            var id = (Integer) Files.getAttribute(file, attribute, LinkOption.NOFOLLOW_LINKS);
            return Integer.toUnsignedLong(id) == maps.getFirst().outside();
        } catch (IOException e) {
            return true; // it is gone, or hidden
        }
    }

    private static long device(Path directory) {
        try {
            return (Long) Files.getAttribute(directory, "unix:dev");
        } catch (IOException e) {
            throw new UncheckedIOException("looking at " + directory, e);
        }
    }
}
