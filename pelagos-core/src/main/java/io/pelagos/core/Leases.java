package io.pelagos.core;

import static io.pelagos.core.kernel.OpenFlag.O_CREAT;
import static io.pelagos.core.kernel.OpenFlag.O_DIRECTORY;
import static io.pelagos.core.kernel.OpenFlag.O_EXCL;
import static io.pelagos.core.kernel.OpenFlag.O_RDONLY;
import static io.pelagos.core.kernel.OpenFlag.O_WRONLY;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.files.FileStatus;
import io.pelagos.core.internal.files.OwnerMark;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Which layers somebody needs, of all processes on this machine: every container on layers has a
 * {@link Lease} of them, and whoever removes layers looks here.
 *
 * <p>A lease is a file in {@link io.pelagos.core.paths.PelagosPaths#leasesDir}: its first line says
 * which process has it, by boot, PID namespace, number and start time; its second who needs the
 * layers; and each further line is one. What a dead process has left is removed by whoever looks.
 *
 * <p>Whoever takes a lease looks for the layers afterwards, and whoever removes one looks for
 * leases after it has taken the layer's name away: so one of the two sees the other.
 */
public final class Leases {
    /** The name of the lease of somebody who may not write there. */
    static final String NO_FILE = "";

    private static final System.Logger LOG = System.getLogger(Leases.class.getName());
    private static final Pattern NAME = Pattern.compile("[1-9][0-9]{0,9}-[0-9]{1,9}");
    private static final int LIMIT = 1 << 21;
    private static final int HEADER = 2;

    /** Far longer than it takes to write a few lines. */
    private static final Duration WRITING = Duration.ofMinutes(10);

    private final Engine engine;
    private final FileCalls calls;

    Leases(Engine engine) {
        this.engine = engine;
        calls = new FileCalls(engine.calls());
    }

    /**
     * A lease, whoever has it.
     *
     * @param holder who needs the layers: the name of a container, or what somebody has said
     * @param pid the process that has it, in its own PID namespace
     * @param layers directories of layers
     */
    public record Held(String holder, long pid, List<Path> layers) {
        /** Copies the list. */
        public Held {
            layers = List.copyOf(layers);
        }
    }

    /**
     * Takes a lease for this process. Only layers of the store of images can be kept by one; others
     * belong to whoever made them, and are left out.
     *
     * @param holder who needs them, one line
     * @param layers directories of layers, which need not be there yet
     * @return to be closed
     * @throws IllegalArgumentException when the holder is more than one line
     * @throws SyscallFailedException when it cannot be written down; in a store that this user may
     *     only read, nothing is
     */
    public Lease take(String holder, List<Path> layers) {
        if (holder.isBlank() || holder.lines().count() != 1) {
            throw new IllegalArgumentException("holder \"" + holder + "\": must be one line");
        }
        var store = engine.paths().images().layersDir();
        var kept =
                layers.stream()
                        .map(it -> it.toAbsolutePath().normalize())
                        .filter(it -> store.equals(it.getParent()))
                        .toList();
        return new Lease(
                this,
                holder,
                kept,
                kept.isEmpty() ? NO_FILE : write(holder, kept, ProcessHandle.current().pid()));
    }

    /** Writes one down, and says under what name. */
    String write(String holder, List<Path> layers, long owner) {
        if (layers.isEmpty()) {
            return NO_FILE;
        }
        try {
            Files.createDirectories(engine.paths().leasesDir());
            return write(contents(holder, layers, owner));
        } catch (IOException e) {
            if (!Files.isWritable(engine.paths().dataDir())) {
                return NO_FILE;
            }
            throw new UncheckedIOException("making " + engine.paths().leasesDir(), e);
        } catch (ErrnoException e) {
            if (List.of(Errno.EACCES, Errno.EPERM, Errno.EROFS).contains(e.errno())) {
                LOG.log(System.Logger.Level.DEBUG, "a store that may only be read", e);
                return NO_FILE;
            }
            throw SyscallFailedException.of("taking a lease of layers for " + holder, e);
        }
    }

    private byte[] contents(String holder, List<Path> layers, long owner) {
        var lines = new ArrayList<String>();
        lines.add(OwnerMark.of(engine.calls(), owner).toString());
        lines.add(holder);
        layers.forEach(it -> lines.add(it.toString()));
        return (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private String write(byte[] contents) {
        try (var directory = open()) {
            while (true) {
                var name = ProcessHandle.current().pid() + "-" + engine.nextScratch();
                try (var file =
                        calls.openEntry(
                                directory, name, Constant.flags(O_WRONLY, O_CREAT, O_EXCL), 0644)) {
                    writeWhole(directory, name, file, contents);
                    return name;
                } catch (ErrnoException e) {
                    if (e.errno() != Errno.EEXIST) {
                        throw e;
                    }
                }
            }
        }
    }

    private void writeWhole(Fd directory, String name, Fd file, byte[] contents) {
        try {
            engine.calls().writeFully(file.number(), contents);
        } catch (RuntimeException | Error e) {
            remove(directory, name);
            throw e;
        }
    }

    private Fd open() {
        return calls.openPath(
                engine.paths().leasesDir().toString(), Constant.flags(O_RDONLY, O_DIRECTORY));
    }

    void remove(String name) {
        if (!name.equals(NO_FILE)) {
            try (var directory = open()) {
                remove(directory, name);
            }
        }
    }

    private void remove(Fd directory, String name) {
        try {
            calls.unlink(directory, name);
        } catch (ErrnoException e) {
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
        }
    }

    /**
     * Lists the leases of all processes that live, and removes what dead ones have left.
     *
     * @return a snapshot
     * @throws SyscallFailedException when they cannot be read; then nobody may conclude anything
     */
    public List<Held> list() {
        if (Files.notExists(engine.paths().leasesDir())) {
            return List.of();
        }
        var held = new ArrayList<Held>();
        try (var directory = open()) {
            for (var name : calls.list(directory)) {
                if (NAME.matcher(name).matches()) {
                    look(directory, name).ifPresent(held::add);
                }
            }
        } catch (ErrnoException e) {
            throw SyscallFailedException.of("reading the leases of layers", e);
        }
        return List.copyOf(held);
    }

    private Optional<Held> look(Fd directory, String name) {
        var text = text(directory, name);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        var lines = text.get().lines().toList();
        var owner = lines.isEmpty() ? Optional.<OwnerMark>empty() : mark(lines.getFirst());
        if (owner.isPresent() ? owner.get().isDead(engine.calls()) : isAbandoned(directory, name)) {
            forget(directory, name);
            return Optional.empty();
        }
        // One that is just being written is not in force yet: its layers are looked for after it.
        return owner.map(it -> held(it, lines));
    }

    private static Held held(OwnerMark owner, List<String> lines) {
        return new Held(
                lines.size() < HEADER ? "" : lines.get(1),
                owner.pid(),
                lines.stream().skip(HEADER).flatMap(Leases::path).toList());
    }

    private static Stream<Path> path(String line) {
        return line.startsWith("/") ? Stream.of(Path.of(line)) : Stream.empty();
    }

    private static Optional<OwnerMark> mark(String line) {
        return OwnerMark.parse(line);
    }

    private Optional<String> text(Fd directory, String name) {
        try {
            return calls.status(directory, name).filter(FileStatus::isRegular).isEmpty()
                    ? Optional.empty()
                    : Optional.of(engine.calls().readFile(directory, name, LIMIT));
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOENT) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** Who has begun to write may live where its number means another process, or none. */
    private boolean isAbandoned(Fd directory, String name) {
        var before = Instant.now().minus(WRITING);
        return calls.status(directory, name)
                .filter(it -> it.modified().isBefore(before))
                .isPresent();
    }

    private void forget(Fd directory, String name) {
        try {
            remove(directory, name);
        } catch (ErrnoException e) {
            // Of another user: it says nothing any more, and is theirs to remove.
            LOG.log(System.Logger.Level.DEBUG, "removing the lease " + name, e);
        }
    }
}
