package io.pelagos.core.internal.cgroup;

import io.pelagos.core.kernel.AtFlag;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.OpenFlag;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.spec.PressureTrigger;
import io.pelagos.core.spec.Resources;
import io.pelagos.core.spec.Stats;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The cgroups of one container, one directory in each hierarchy that is used, held by descriptors.
 * Safe for use by many threads.
 *
 * <p>A process enters through {@code CLONE_INTO_CGROUP} with the descriptor of {@link #unified} and
 * by writing {@code 0} into each of {@link #joinFiles}, both before it unshares its cgroup
 * namespace and before it does anything that is to be limited.
 */
public final class ContainerCgroup implements AutoCloseable {
    private static final String UNIFIED = "unified";

    /** How long things may take that the kernel does at once unless it is in trouble. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    static final String KILL = "cgroup.kill";

    private final CgroupHost host;
    private final SystemCalls calls;
    private final @Nullable CgroupDirectory unified;
    private final Map<String, CgroupDirectory> legacy;
    private final List<String> directories;
    private final List<String> warnings;

    ContainerCgroup(
            CgroupHost host,
            @Nullable CgroupDirectory unified,
            Map<String, CgroupDirectory> legacy,
            List<String> directories,
            List<String> warnings) {
        this.host = host;
        this.calls = host.calls();
        this.unified = unified;
        this.legacy = Collections.unmodifiableMap(new LinkedHashMap<>(legacy));
        this.directories = List.copyOf(directories);
        this.warnings = new CopyOnWriteArrayList<>(warnings);
    }

    static Optional<ContainerCgroup> open(CgroupHost host, Map<String, String> paths) {
        var legacy = new LinkedHashMap<String, CgroupDirectory>();
        CgroupDirectory unified = null;
        var directories = new ArrayList<String>();
        for (var entry : paths.entrySet()) {
            CgroupDirectory directory;
            try {
                directory = CgroupDirectory.open(host.calls(), entry.getValue());
            } catch (ErrnoException e) {
                if (e.errno() == Errno.ENOENT) {
                    continue;
                }
                legacy.values().forEach(CgroupDirectory::close);
                if (unified != null) {
                    unified.close();
                }
                throw e;
            }
            directories.add(entry.getValue());
            if (entry.getKey().equals(UNIFIED)) {
                unified = directory;
            } else {
                for (var controller : entry.getKey().split(",", -1)) {
                    legacy.put(controller, directory);
                }
            }
        }
        return directories.isEmpty()
                ? Optional.empty()
                : Optional.of(new ContainerCgroup(host, unified, legacy, directories, List.of()));
    }

    /** The name of a hierarchy in {@link #paths}. */
    static String key(Hierarchy hierarchy) {
        return hierarchy.unified() ? UNIFIED : String.join(",", hierarchy.controllers());
    }

    /**
     * Returns what was asked for and could not be had.
     *
     * @return a sentence each: what, why, and what to do about it
     */
    public List<String> warnings() {
        return List.copyOf(warnings);
    }

    /**
     * Returns the directory in the hierarchy of version 2, for {@code CLONE_INTO_CGROUP}.
     *
     * @return the descriptor, which stays with this object; empty where there is none
     */
    public Optional<Fd> unified() {
        return unified == null ? Optional.empty() : Optional.of(unified.fd());
    }

    /**
     * Returns the files of version 1 hierarchies by which the container's first process enters: it
     * writes {@code 0} into each. They are the {@code tasks} files: a process of a single thread
     * enters as well through them as through {@code cgroup.procs}, for which the kernel stops all
     * forks of the machine; recent ones do not for a single thread.
     *
     * @return absolute paths
     */
    public List<String> joinFiles() {
        return legacyDirectories().stream().map(d -> d.path() + "/tasks").toList();
    }

    /**
     * Opens the {@link #joinFiles} for writing.
     *
     * @return a descriptor each, to be closed
     */
    public List<Fd> openJoinFiles() {
        var files = new ArrayList<Fd>();
        try {
            for (var directory : legacyDirectories()) {
                files.add(calls.open(directory.fd(), "tasks", OpenFlag.O_WRONLY));
            }
            return files;
        } catch (ErrnoException e) {
            files.forEach(Fd::close);
            throw e;
        }
    }

    /**
     * Returns every directory that was made, those of the container before parents that were
     * missing. When the JVM is dead and the container is empty, rmdir(2) of each in this order
     * leaves nothing; EBUSY of a parent means that another container uses it.
     *
     * @return absolute paths
     */
    public List<String> directories() {
        return directories;
    }

    /**
     * Returns the file that kills everything in the container when {@code 1} is written to it.
     *
     * @return an absolute path; empty where version 2 is not there or older than Linux 5.14
     */
    public Optional<String> killFile() {
        return unified != null && unified.has(KILL)
                ? Optional.of(unified.path() + "/" + KILL)
                : Optional.empty();
    }

    /**
     * Returns the directories of the container itself by hierarchy, for {@link CgroupHost#open}.
     *
     * @return {@code unified}, or the names of controllers joined by commas, and the path
     */
    public Map<String, String> paths() {
        var names = new LinkedHashMap<CgroupDirectory, String>();
        if (unified != null) {
            names.put(unified, UNIFIED);
        }
        legacy.forEach((controller, d) -> names.merge(d, controller, (a, b) -> a + "," + b));
        var paths = new LinkedHashMap<String, String>();
        names.forEach((directory, key) -> paths.put(key, directory.path()));
        return Collections.unmodifiableMap(paths);
    }

    /**
     * Kills every process in the container, and waits until none is left.
     *
     * <p>Version 2 has a file for it. Else everything is frozen where that is possible, so that
     * nothing can fork away, each process is killed by a descriptor known to be of this cgroup, and
     * all of them continue into their death; again, until the cgroup is empty.
     *
     * @throws CgroupException when processes are left after ten seconds
     */
    public void kill() {
        if (unified != null && unified.has(KILL)) {
            unified.write(KILL, "1");
        } else {
            killOneByOne();
        }
        if (!awaitEmpty(PATIENCE)) {
            throw failure("killing all processes", "some are still there after " + PATIENCE);
        }
    }

    private void killOneByOne() {
        var tree = tree();
        if (tree == null) {
            return;
        }
        var freezer = freezer();
        boolean gone =
                CgroupEvents.retry(
                        calls,
                        () -> {
                            if (CgroupTree.processes(tree).isEmpty()) {
                                return true;
                            }
                            if (freezer != null) {
                                // Whatever runs on is killed in the next round.
                                boolean ignored = freezer.freeze(Duration.ofMillis(200));
                            }
                            CgroupTree.killProcesses(tree);
                            if (freezer != null) {
                                boolean ignored = freezer.thaw(PATIENCE);
                            }
                            return CgroupTree.processes(tree).isEmpty();
                        },
                        PATIENCE);
        if (!gone) {
            throw failure("killing all processes", "some are still there after " + PATIENCE);
        }
    }

    /**
     * Stops every process in the container, and waits until the last one has stopped.
     *
     * @throws CgroupException when that takes more than ten seconds (a process in uninterruptible
     *     sleep); then everything continues. Also where no freezer is there
     */
    public void freeze() {
        var freezer = requireFreezer();
        if (!freezer.freeze(PATIENCE)) {
            boolean ignored = freezer.thaw(PATIENCE);
            throw failure("freezing", "some processes still run after " + PATIENCE);
        }
    }

    /**
     * Lets every process in the container continue.
     *
     * @throws CgroupException when that takes more than ten seconds, or no freezer is there
     */
    public void thaw() {
        if (!requireFreezer().thaw(PATIENCE)) {
            throw failure("thawing", "some processes are still frozen after " + PATIENCE);
        }
    }

    /**
     * Tells whether somebody has stopped the processes in the container.
     *
     * @return false also where there is no freezer
     */
    public boolean isFrozen() {
        var freezer = freezer();
        return freezer != null && freezer.isFrozen();
    }

    /**
     * Returns the processes in the container, those below its cgroup included.
     *
     * @return their ids as the JVM sees them, in rising order; none where there is no cgroup
     */
    public List<Integer> processes() {
        var tree = tree();
        return tree == null ? List.of() : CgroupTree.processes(tree).stream().sorted().toList();
    }

    /**
     * Tells whether there are processes in the container.
     *
     * @return false also where the container has no cgroup, and once it was removed
     */
    public boolean populated() {
        if (unified != null) {
            try {
                return CgroupTree.hasProcesses(unified) || legacyPopulated();
            } catch (ErrnoException e) {
                if (e.errno() != Errno.ENODEV && e.errno() != Errno.ENOENT) {
                    throw e;
                }
                return false;
            }
        }
        return legacyPopulated();
    }

    private boolean legacyPopulated() {
        return legacyDirectories().stream().anyMatch(d -> !CgroupTree.processes(d).isEmpty());
    }

    /**
     * Waits until no process is left in the container: by {@code cgroup.events} in version 2, by
     * looking again and again in version 1.
     *
     * @param timeout how long at the most
     * @return whether it is empty
     */
    public boolean awaitEmpty(Duration timeout) {
        long start = System.nanoTime();
        if (unified != null
                && !CgroupEvents.await(
                        unified,
                        events -> FlatKeyed.parse(events).get("populated", 0) == 0,
                        timeout)) {
            return false;
        }
        var left = timeout.minusNanos(System.nanoTime() - start);
        return CgroupEvents.retry(calls, () -> !legacyPopulated(), left);
    }

    /**
     * Reads the counters.
     *
     * @return what the host counts; null or empty for what it does not
     */
    public Stats stats() {
        return new StatsReader(unified, legacy).read();
    }

    /**
     * Returns how many processes of the container the out-of-memory killer has killed.
     *
     * @return 0 also where the host does not count
     */
    public long oomKills() {
        return new StatsReader(unified, legacy).oomKills();
    }

    /**
     * Has the kernel tell when processes lose time.
     *
     * @param trigger when
     * @return what tells, to be closed
     * @throws IllegalStateException when the container is in no cgroup of version 2, where alone
     *     that is known
     * @throws ErrnoException when the kernel does not know it or does not take the trigger
     */
    public CgroupWatch watchPressure(PressureTrigger trigger) {
        if (unified == null) {
            throw new IllegalStateException(
                    "pressure is known in cgroup v2 only: mount cgroup2 on /sys/fs/cgroup");
        }
        return CgroupWatch.pressure(unified, trigger);
    }

    /**
     * Has the kernel tell when memory is short.
     *
     * @return what tells, to be closed
     * @throws IllegalStateException when nobody counts the memory of the container
     */
    public CgroupWatch watchMemory() {
        var v1 = legacy.get("memory");
        if (v1 != null) {
            return CgroupWatch.legacyMemory(v1);
        }
        if (unified == null || !unified.has("memory.events")) {
            throw new IllegalStateException(
                    "the container has no memory controller: give it a limit of memory, or enable"
                            + " the controller for its parent cgroup");
        }
        return CgroupWatch.memory(unified);
    }

    /**
     * Reads what {@link CgroupCreation#expectedMemoryEvents} names.
     *
     * @param text {@code memory.events} of version 2, or {@code memory.oom_control} and {@code
     *     memory.failcnt} of version 1, one behind the other
     * @return the counters; empty when nothing was counted
     */
    public static Optional<Stats.Events> memoryEvents(String text) {
        return StatsReader.memoryEvents(text);
    }

    /**
     * Changes limits while the container runs. What is null or empty stays as it is; {@code parent}
     * is not looked at. Limits are changed one after the other: a failure leaves those before it
     * changed.
     *
     * @param resources the new limits
     * @return new warnings, which {@link #warnings} has too
     * @throws CgroupException when a limit cannot be set and limits are required, or a value is
     *     refused
     */
    public List<String> update(Resources resources) {
        Limits.check(resources);
        var shortfalls = new Shortfalls(resources.required());
        var v1 = host.v1Controllers();
        var reasons = new LinkedHashMap<String, String>();
        if (unified != null) {
            var needed = LimitWriter.needed(resources, v1);
            var path = unified.path();
            try (var above =
                    CgroupDirectory.open(calls, path.substring(0, path.lastIndexOf('/')))) {
                reasons.putAll(SubtreeControl.enable(host, above, needed, java.util.Set.of()));
            }
        }
        for (var controller : v1) {
            if (!legacy.containsKey(controller)) {
                reasons.putIfAbsent(
                        controller,
                        "the container was started without a limit, and a hierarchy of version 1 is"
                                + " joined at the start only");
            }
        }
        new LimitWriter(unified, legacy, v1, reasons, shortfalls).write(resources);
        if (!resources.devices().isEmpty()) {
            new DeviceLimiter(unified, legacy.get("devices"), shortfalls)
                    .write(calls, resources.devices());
        }
        warnings.addAll(shortfalls.warnings());
        return shortfalls.warnings();
    }

    /**
     * Removes the directories with everything that the container has made below them, and closes
     * this object. Waits for processes that are just ending; does not kill any. Where one cannot be
     * removed the others are. A second call does nothing.
     *
     * @throws CgroupException when processes are left after ten seconds
     * @throws ErrnoException when a call fails for another reason
     */
    public void remove() {
        RuntimeException failure = null;
        for (var directory : directories) {
            try {
                remove(directory);
            } catch (CgroupException | ErrnoException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        close();
        if (failure != null) {
            throw failure;
        }
    }

    private void remove(String directory) {
        boolean own = paths().containsValue(directory);
        boolean gone =
                CgroupEvents.retry(calls, () -> removed(directory), own ? PATIENCE : NO_TIME);
        if (!gone && own) {
            throw failure("removing " + directory, "it has processes after " + PATIENCE);
        }
    }

    private static final Duration NO_TIME = Duration.ZERO;

    private boolean removed(String path) {
        try {
            calls.unlinkat(null, path, AtFlag.AT_REMOVEDIR);
            return true;
        } catch (ErrnoException e) {
            return switch (e.errno()) {
                case ENOENT -> true;
                case EBUSY -> {
                    if (paths().containsValue(path)) {
                        removeBelow(path);
                    }
                    yield false;
                }
                default -> throw e;
            };
        }
    }

    private void removeBelow(String path) {
        try (var directory = CgroupDirectory.open(calls, path)) {
            boolean ignored = CgroupTree.removeBelow(directory);
        } catch (ErrnoException e) {
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
        }
    }

    /** Closes the descriptors and leaves the cgroups as they are. */
    @Override
    public void close() {
        if (unified != null) {
            unified.close();
        }
        legacy.values().forEach(CgroupDirectory::close);
    }

    private SequencedSet<CgroupDirectory> legacyDirectories() {
        return new LinkedHashSet<>(legacy.values());
    }

    /** The directory whose processes are looked for: they are the same in every hierarchy. */
    private @Nullable CgroupDirectory tree() {
        if (unified != null) {
            return unified;
        }
        for (var controller : List.of("freezer", "pids", "memory")) {
            var directory = legacy.get(controller);
            if (directory != null) {
                return directory;
            }
        }
        return legacy.values().stream().findFirst().orElse(null);
    }

    private @Nullable Freezer freezer() {
        if (unified != null && unified.has("cgroup.freeze")) {
            return Freezer.unified(unified);
        }
        var directory = legacy.get("freezer");
        return directory == null ? null : Freezer.legacy(directory);
    }

    private Freezer requireFreezer() {
        var freezer = freezer();
        if (freezer == null) {
            throw failure("freezing", "the container is in no cgroup with a freezer");
        }
        return freezer;
    }

    private CgroupException failure(String what, String why) {
        return new CgroupException(
                new Shortfall(what, why, "look at " + String.join(", ", paths().values())), null);
    }

    @Override
    public String toString() {
        return paths().toString();
    }
}
