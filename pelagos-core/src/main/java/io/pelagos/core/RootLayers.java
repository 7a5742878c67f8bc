package io.pelagos.core;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.internal.files.Scratch;
import io.pelagos.core.internal.plan.OverlayRoot;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.OverlayBackend;
import io.pelagos.core.spec.RootSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What is on disk for the layers of one container: the directories of its writable layer, and where
 * the kernel takes only short names, links to all layers in one place.
 */
final class RootLayers implements AutoCloseable {
    private static final String LINKS = "l";

    private final RootSpec.Layers asked;
    private final RootSpec.Upper.Kept writable;
    private @Nullable Scratch scratch;
    private RootSpec.Layers named;
    private @Nullable Path program;
    private Runnable release = () -> {};
    private @Nullable Lease lease;

    private RootLayers(
            RootSpec.Layers asked, RootSpec.Upper.Kept writable, @Nullable Scratch scratch) {
        this.asked = asked;
        this.writable = writable;
        this.scratch = scratch;
        named = asked.withUpper(writable).withBackend(OverlayBackend.KERNEL);
    }

    /** Makes what a container needs whose root is of layers, which nobody removes meanwhile. */
    static RootLayers make(
            Engine engine, ContainerSpec spec, RootSpec.Layers layers, String container) {
        var lease = engine.leases().take(container, layers.directories());
        try {
            var made = make(engine, spec, layers);
            made.lease = lease;
            return made;
        } catch (RuntimeException | Error e) {
            lease.close();
            throw e;
        }
    }

    private static RootLayers make(Engine engine, ContainerSpec spec, RootSpec.Layers layers) {
        requireDirectories(layers.directories());
        var made =
                switch (layers.upper()) {
                    case RootSpec.Upper.Ephemeral(boolean inMemory) ->
                            ephemeral(engine, layers, inMemory);
                    case RootSpec.Upper.Kept kept -> kept(engine, layers, kept);
                };
        try {
            made.release = engine.snapshots().retain(layers.directories());
            made.program =
                    new OverlayChoice(engine, spec, layers)
                            .fuse(made.writable.work(), made.isFuse())
                            .orElse(null);
            if (made.program != null) {
                made.makeScratch(engine);
                made.makeLinks();
                made.noteFuse();
            } else if (OverlayRoot.takesShortNames(engine.facts().kernel())) {
                made.makeLinks();
            }
        } catch (RuntimeException e) {
            made.close();
            throw e;
        }
        return made;
    }

    /**
     * Finds what a container stands on that somebody else may have started; nothing is removed when
     * it is closed.
     *
     * @param pid its first process, or null when it has ended
     * @return empty when its writable layer is gone with it
     */
    static Optional<RootLayers> existing(
            Engine engine, RootSpec.Layers layers, @Nullable Integer pid) {
        return switch (layers.upper()) {
            case RootSpec.Upper.Kept kept -> Optional.of(new RootLayers(layers, kept, null));
            case RootSpec.Upper.Ephemeral(boolean inMemory) ->
                    Optional.ofNullable(pid)
                            .flatMap(first -> scratchOf(engine, first, inMemory))
                            .map(place -> new RootLayers(layers, writable(place), null));
        };
    }

    private static Optional<Path> scratchOf(Engine engine, int pid, boolean inMemory) {
        var paths = engine.paths();
        return Scratch.of(
                new FileCalls(engine.calls()),
                inMemory ? paths.runtimeDir() : paths.scratch().overlayRoot(),
                pid);
    }

    /** Returns what a plan would name that is only printed. */
    static RootSpec.Layers printed(Engine engine, RootSpec.Layers layers) {
        var base = place(engine.paths(), layers.upper(), 0);
        var writable = layers.upper() instanceof RootSpec.Upper.Kept kept ? kept : writable(base);
        boolean isFuse = layers.backend() == OverlayBackend.FUSE;
        var asked = layers.withUpper(writable);
        return isFuse || OverlayRoot.takesShortNames(engine.facts().kernel())
                ? links(base.resolve(LINKS), asked, writable)
                : asked;
    }

    private static RootSpec.Layers links(
            Path place, RootSpec.Layers layers, RootSpec.Upper.Kept writable) {
        var links = new ArrayList<Path>();
        for (int i = 0; i < layers.directories().size(); i++) {
            links.add(place.resolve(Integer.toString(i)));
        }
        return new RootSpec.Layers(
                links,
                new RootSpec.Upper.Kept(
                        place.resolve("u"), place.resolve("w"), writable.isVolatile()),
                false,
                layers.backend());
    }

    private static RootSpec.Upper.Kept writable(Path base) {
        return new RootSpec.Upper.Kept(base.resolve("upper"), base.resolve("work"), true);
    }

    private static Path place(PelagosPaths paths, RootSpec.Upper upper, int counter) {
        long pid = ProcessHandle.current().pid();
        return upper instanceof RootSpec.Upper.Ephemeral(boolean inMemory) && inMemory
                ? paths.scratch().overlayInMemoryBase(pid, counter)
                : paths.scratch().overlayBase(pid, counter);
    }

    private static void requireDirectories(List<Path> layers) {
        for (var layer : layers) {
            if (!Files.isDirectory(layer)) {
                throw new SyscallFailedException(
                        "stacking the layers of the root",
                        "open(\"" + layer + "\", O_PATH|O_DIRECTORY)",
                        Files.exists(layer) ? Errno.ENOTDIR : Errno.ENOENT);
            }
        }
    }

    private static RootLayers ephemeral(Engine engine, RootSpec.Layers layers, boolean inMemory) {
        var scratch = scratch(engine, layers.upper(), inMemory);
        try {
            scratch.makeDirectory("work", 0700);
            copyOwner(layers.directories().getLast(), scratch.makeDirectory("upper", 0755));
            return new RootLayers(layers, writable(scratch.path()), scratch);
        } catch (RuntimeException e) {
            scratch.remove();
            throw e;
        }
    }

    private static RootLayers kept(
            Engine engine, RootSpec.Layers layers, RootSpec.Upper.Kept kept) {
        try {
            if (!Files.isDirectory(kept.upper())) {
                Files.createDirectories(kept.upper());
                copyOwner(layers.directories().getLast(), kept.upper());
            }
            Files.createDirectories(kept.work());
        } catch (IOException e) {
            throw new UncheckedIOException("making the writable layer " + kept.upper(), e);
        }
        boolean links = OverlayRoot.takesShortNames(engine.facts().kernel());
        return new RootLayers(layers, kept, links ? scratch(engine, kept, false) : null);
    }

    private static Scratch scratch(Engine engine, RootSpec.Upper upper, boolean inMemory) {
        if (inMemory) {
            makeRuntimeDirectory(engine);
        } else {
            makeOverlayRoot(engine);
        }
        return made(engine, () -> place(engine.paths(), upper, engine.nextScratch()));
    }

    private static Scratch made(Engine engine, Supplier<Path> places) {
        try {
            return Scratch.make(new FileCalls(engine.calls()), places, engine::removeMapped);
        } catch (ErrnoException e) {
            throw SyscallFailedException.of("making the directory of writable layers", e);
        }
    }

    /** Makes a place for a snapshot. */
    static Scratch snapshot(Engine engine) {
        makeOverlayRoot(engine);
        long pid = ProcessHandle.current().pid();
        return made(engine, () -> engine.paths().scratch().snapshotBase(pid, engine.nextScratch()));
    }

    private static void makeRuntimeDirectory(Engine engine) {
        try {
            engine.paths().createRuntimeDir();
        } catch (IOException e) {
            throw new UncheckedIOException("making the runtime directory", e);
        }
    }

    private static void makeOverlayRoot(Engine engine) {
        try {
            engine.paths().createScratchRoot();
            Files.createDirectories(engine.paths().scratch().overlayRoot());
        } catch (FileSystemException e) {
            if ("Read-only file system".equals(e.getReason())) {
                throw new SyscallFailedException(
                        "making the directory of writable layers",
                        "mkdir(\"" + e.getFile() + "\", 0700)",
                        Errno.EROFS);
            }
            throw new UncheckedIOException("making the directory of writable layers", e);
        } catch (IOException e) {
            throw new UncheckedIOException("making the directory of writable layers", e);
        }
    }

    /** The root of an overlay looks like that of its writable layer. */
    private static void copyOwner(Path from, Path to) {
        try {
            for (var attribute : List.of("unix:uid", "unix:gid")) {
                if (!Files.getAttribute(from, attribute)
                        .equals(Files.getAttribute(to, attribute))) {
                    Files.setAttribute(to, attribute, Files.getAttribute(from, attribute));
                }
            }
            Files.setPosixFilePermissions(to, Files.getPosixFilePermissions(from));
        } catch (IOException e) {
            throw new UncheckedIOException("making the writable layer " + to, e);
        }
    }

    private void makeScratch(Engine engine) {
        if (scratch == null) {
            scratch = scratch(engine, writable, false);
        }
    }

    /**
     * Leaves a note of who writes to the writable layer, for those who read it later. It lies where
     * neither the kernel nor fuse-overlayfs looks.
     */
    private void noteFuse() {
        named = named.withBackend(OverlayBackend.FUSE);
        try {
            if (!isFuse()) {
                Files.createFile(note());
            }
        } catch (IOException e) {
            throw new UncheckedIOException("making the writable layer " + writable.upper(), e);
        }
    }

    private Path note() {
        return writable.work().resolve(FuseOverlay.PROGRAM);
    }

    /** Tells whether fuse-overlayfs writes to the writable layer, or has. */
    boolean isFuse() {
        return Files.exists(note(), LinkOption.NOFOLLOW_LINKS);
    }

    /** Returns where fuse-overlayfs is, which stacks these layers. */
    Path program() {
        return Objects.requireNonNull(program);
    }

    private void makeLinks() {
        var place = Objects.requireNonNull(scratch).makeDirectory(LINKS, 0700);
        named = links(place, asked, writable);
        for (int i = 0; i < asked.directories().size(); i++) {
            link(named.directories().get(i), asked.directories().get(i));
        }
        link(place.resolve("u"), writable.upper());
        link(place.resolve("w"), writable.work());
    }

    private static void link(Path link, Path target) {
        try {
            Files.createSymbolicLink(link, target);
        } catch (IOException e) {
            throw new UncheckedIOException("naming the layer " + target, e);
        }
    }

    /** Returns the specification as a plan takes it. */
    ContainerSpec in(ContainerSpec spec) {
        return spec.withRoot(named);
    }

    /** Returns the layers below the writable one, the lowest first. */
    List<Path> lower() {
        return asked.directories();
    }

    /** Returns all layers as they are on disk. */
    RootSpec.Layers onDisk() {
        return asked.withUpper(writable)
                .withBackend(isFuse() ? OverlayBackend.FUSE : OverlayBackend.KERNEL);
    }

    /** Returns the writable layer. */
    RootSpec.Upper.Kept writable() {
        return writable;
    }

    /** Tells whether the writable layer outlives the container. */
    boolean isKept() {
        return asked.upper() instanceof RootSpec.Upper.Kept;
    }

    /** Says that a detached container is now the owner, which outlives this JVM. */
    void giveTo(int pid) {
        if (scratch != null) {
            scratch.giveTo(pid);
        }
        if (lease != null) {
            lease.giveTo(pid);
        }
    }

    /** Removes what was made for this container alone; where that fails it may be tried again. */
    @Override
    public void close() {
        var released = release;
        release = () -> {};
        try {
            if (scratch != null) {
                scratch.remove();
            }
        } finally {
            released.run();
            if (lease != null) {
                lease.close();
            }
        }
    }
}
