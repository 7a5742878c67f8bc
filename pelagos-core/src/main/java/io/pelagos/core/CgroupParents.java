package io.pelagos.core;

import io.pelagos.core.internal.cgroup.CgroupHost;
import io.pelagos.core.internal.files.OwnerMark;
import io.pelagos.core.internal.state.HostileFileException;
import io.pelagos.core.internal.state.OwnedDirectory;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.ContainerPath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Writes down below which cgroups other than its own a JVM makes those of attached containers: who
 * comes after its death would not know where to look, and looks nowhere else.
 *
 * <p>A record is a file in {@link PelagosPaths#cgroupParentsDir}: its first line says which process
 * it is of, by boot, PID namespace, number and start time; its second is the cgroup namespace in
 * which it means the paths, its third the parent as in {@link
 * io.pelagos.core.spec.Resources#parent}; and each further line a directory that was made for its
 * sake, children first. A JVM writes one at the first start below a parent, before anything is made
 * there, and removes it when {@link Pelagos} is closed. Safe for use by many threads.
 */
final class CgroupParents {
    private static final System.Logger LOG = System.getLogger(CgroupParents.class.getName());
    private static final int LARGEST = 1 << 16;
    private static final int HEADER = 3;

    private final SystemCalls calls;
    private final PelagosPaths paths;
    private final ReentrantLock lock = new ReentrantLock();

    /** The names of this JVM's own records by parent; guarded by the lock. */
    private final Map<String, String> own = new HashMap<>();

    CgroupParents(SystemCalls calls, PelagosPaths paths) {
        this.calls = calls;
        this.paths = paths;
    }

    /** What a JVM that has ended has written down. */
    private record Entry(OwnerMark owner, String namespace, String parent, List<String> made) {
        static Optional<Entry> parse(String text) {
            var lines = text.lines().toList();
            var owner =
                    lines.isEmpty() ? Optional.<OwnerMark>empty() : OwnerMark.parse(lines.get(0));
            if (owner.isEmpty() || lines.size() < HEADER) {
                return Optional.empty();
            }
            return Optional.of(
                    new Entry(
                            owner.get(),
                            lines.get(1),
                            ContainerPath.normalize("cgroup parent", lines.get(2)),
                            lines.subList(HEADER, lines.size())));
        }

        /** Tells whether the name of a cgroup says that it is that JVM's. */
        boolean owns(String name) {
            return CgroupOwner.parse(name).filter(it -> it.is(owner)).isPresent();
        }

        byte[] bytes() {
            var lines = new ArrayList<>(List.of(owner.toString(), namespace, parent));
            lines.addAll(made);
            return (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
        }
    }

    /**
     * Writes down that cgroups will be made below a parent.
     *
     * @param cgroup the first of them, whose name is no other's
     * @param parent as in {@link io.pelagos.core.spec.Resources#parent}
     * @param made the directories on the way there that will be made, children first
     * @return a warning when it cannot be written; empty when it can
     */
    Optional<String> add(String cgroup, String parent, List<String> made) {
        lock.lock();
        try {
            if (!own.containsKey(parent)) {
                var owner = OwnerMark.of(calls, ProcessHandle.current().pid());
                makeDirectory();
                try (var directory = open()) {
                    if (directory != null) {
                        directory.write(
                                cgroup, new Entry(owner, namespace(), parent, made).bytes());
                    }
                }
                own.put(parent, cgroup);
            }
            return Optional.empty();
        } catch (IOException | ErrnoException | HostileFileException e) {
            return Optional.of(
                    "if this JVM and the supervisor of the container are killed, its cgroup stays: "
                            + "that it is below "
                            + parent
                            + " cannot be written down in "
                            + paths.cgroupParentsDir()
                            + ": "
                            + e.getMessage());
        } finally {
            lock.unlock();
        }
    }

    private static String namespace() {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/ns/cgroup")).toString();
        } catch (IOException e) {
            return "none"; // of a kernel that has no cgroup namespaces
        }
    }

    private void makeDirectory() throws IOException {
        var _ = paths.createRuntimeDir();
        var _ =
                Files.createDirectories(
                        paths.cgroupParentsDir(),
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rwx------")));
    }

    private @Nullable OwnedDirectory open() {
        try {
            return OwnedDirectory.open(
                    calls, paths.cgroupParentsDir().toString(), calls.retry(Syscall.GETEUID));
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOENT) {
                return null;
            }
            throw e;
        }
    }

    /** Removes the records of this JVM: nothing of it is there any more. */
    void close() {
        lock.lock();
        try (var directory = own.isEmpty() ? null : open()) {
            if (directory != null) {
                own.values().forEach(directory::removeFile);
            }
            own.clear();
        } catch (ErrnoException | HostileFileException e) {
            LOG.log(System.Logger.Level.WARNING, "removing records of cgroups", e);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Goes through what JVMs have written down that have ended.
     *
     * @param host where to look
     * @param remove removes a cgroup by its name and paths; false when it is still there
     * @return a sentence for each record that cannot be used
     */
    List<String> recover(CgroupHost host, Removing remove) {
        var problems = new ArrayList<String>();
        try (var directory = open()) {
            if (directory == null) {
                return problems;
            }
            for (var name : directory.names()) {
                try {
                    recover(directory, name, host, remove);
                } catch (ErrnoException | HostileFileException | IllegalArgumentException e) {
                    problems.add(directory + "/" + name + ": " + e.getMessage());
                }
            }
        } catch (ErrnoException | HostileFileException e) {
            problems.add(String.valueOf(e.getMessage()));
        }
        return problems;
    }

    /** Removes the cgroups of one JVM. */
    interface Removing {
        /** Removes one, and tells whether it is gone. */
        boolean remove(String name, Map<String, String> cgroups);
    }

    /** Tells whether it is of a JVM that has ended while it wrote. */
    private boolean isUnfinished(String name) {
        return CgroupOwner.parse(name.replaceFirst("\\.[0-9]+-[0-9]+$", ""))
                .filter(owner -> owner.isDead(calls))
                .isPresent();
    }

    private void recover(OwnedDirectory directory, String name, CgroupHost host, Removing remove) {
        var text = directory.read(name, LARGEST).map(it -> new String(it, StandardCharsets.UTF_8));
        var record = text.flatMap(Entry::parse);
        if (record.isEmpty() || !record.get().owner().isDead(calls)) {
            if (isUnfinished(name)) {
                directory.removeFile(name);
            }
            return;
        }
        if (!record.get().namespace().equals(namespace())) {
            return; // the same path is another place here
        }
        var left = host.find(CgroupOwner.PREFIX, record.get().parent());
        left.keySet().removeIf(Predicate.not(record.get()::owns));
        boolean gone = true;
        for (var cgroup : left.entrySet()) {
            gone &= remove.remove(cgroup.getKey(), cgroup.getValue());
        }
        if (gone) {
            host.removeEmpty(record.get().made());
            directory.removeFile(name);
        }
    }
}
