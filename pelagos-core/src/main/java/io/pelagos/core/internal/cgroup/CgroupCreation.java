package io.pelagos.core.internal.cgroup;

import static io.pelagos.core.kernel.AtFlag.AT_FDCWD;

import io.pelagos.core.kernel.AtFlag;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.spec.Resources;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes the cgroups of one container, all or nothing: directories first, in every hierarchy that
 * can limit, measure or stop it, then limits, then device rules. The directory that the container
 * is born in comes first, so that its birth need not wait for the rest.
 */
public final class CgroupCreation {
    /** What a container is put under in hierarchies of version 1. */
    private static final Set<String> V1 =
            Set.of(
                    "cpu", "cpuacct", "cpuset", "memory", "pids", "devices", "freezer", "blkio",
                    "hugetlb");

    /** What version 2 counts for statistics even without a limit. */
    private static final Set<String> WISHED = Set.of("cpu", "memory", "pids", "io");

    private static final Set<Errno> DENIALS = Set.of(Errno.EACCES, Errno.EPERM, Errno.EROFS);

    /** Another container's removal may take away a shared parent between two calls. */
    private static final int ATTEMPTS = 8;

    private final CgroupHost host;
    private final SystemCalls calls;
    private final String name;
    private final Resources resources;
    private final Shortfalls shortfalls;
    private final Set<String> v1;

    /** Directories made, the last first. */
    private final Deque<String> made = new ArrayDeque<>();

    private final List<CgroupDirectory> opened = new ArrayList<>();
    private final Map<String, CgroupDirectory> legacy = new LinkedHashMap<>();
    private final Map<String, String> reasons = new LinkedHashMap<>();
    private @Nullable CgroupDirectory unified;

    CgroupCreation(CgroupHost host, String name, Resources resources) {
        this.host = host;
        this.calls = host.calls();
        this.name = name;
        this.resources = resources;
        shortfalls = new Shortfalls(resources.required());
        v1 = host.v1Controllers();
    }

    /**
     * Says which directories will hold the container's cgroup, where nothing denies it.
     *
     * @return absolute paths
     */
    public List<String> expectedHolders() {
        return host.hierarchies().stream()
                .filter(hierarchy -> hierarchy.unified() || isUsed(hierarchy))
                .map(this::holder)
                .toList();
    }

    /**
     * Says which directory of version 2 will hold the container's cgroup.
     *
     * @return an absolute path; empty without version 2
     */
    public Optional<String> expectedUnified() {
        return host.hierarchies().stream().filter(Hierarchy::unified).map(this::holder).findFirst();
    }

    private String holder(Hierarchy hierarchy) {
        return hierarchy.directory(
                resources.parent() == null ? hierarchy.base() : resources.parent());
    }

    /**
     * Says which parents are missing now and will be made, where nothing denies it.
     *
     * @return absolute paths, children first
     */
    public List<String> expectedParents() {
        if (resources.parent() == null) {
            return List.of();
        }
        var parents = new ArrayDeque<String>();
        for (var hierarchy : host.hierarchies()) {
            if (hierarchy.unified() || isUsed(hierarchy)) {
                missing(hierarchy, resources.parent()).forEach(parents::push);
            }
        }
        return List.copyOf(parents);
    }

    private List<String> missing(Hierarchy hierarchy, String base) {
        var missing = new ArrayList<String>();
        for (int end = base.indexOf('/', 1); ; end = base.indexOf('/', end + 1)) {
            var path = hierarchy.directory(end < 0 ? base : base.substring(0, end));
            if (!exists(path)) {
                missing.add(path);
            }
            if (end < 0) {
                return missing;
            }
        }
    }

    private boolean exists(String path) {
        try (var memory = Memory.open()) {
            return calls.retry(
                            Syscall.FACCESSAT2,
                            AT_FDCWD.value(calls.kernel().architecture()),
                            memory.string(path),
                            0,
                            0)
                    == 0;
        }
    }

    /**
     * Says which files will count how often limits of memory are met.
     *
     * @return absolute paths, where there may be nothing; their texts, one behind the other, are
     *     for {@link ContainerCgroup#memoryEvents}. Empty where nobody counts
     */
    public List<String> expectedMemoryEvents() {
        boolean legacyMemory = v1.contains("memory");
        var files =
                legacyMemory
                        ? List.of("memory.oom_control", "memory.failcnt")
                        : List.of("memory.events");
        return host.hierarchies().stream()
                .filter(h -> legacyMemory ? h.controllers().contains("memory") : h.unified())
                .limit(1)
                .flatMap(h -> files.stream().map(file -> own(h) + "/" + file))
                .toList();
    }

    private String own(Hierarchy hierarchy) {
        return holder(hierarchy) + "/" + name;
    }

    /**
     * Says how many hierarchies of version 1 the container will be in at the most.
     *
     * @return the number of files that {@link ContainerCgroup#openJoinFiles} will open
     */
    public int expectedJoins() {
        return (int) host.hierarchies().stream().filter(h -> !h.unified() && isUsed(h)).count();
    }

    /**
     * Makes the directory in the hierarchy of version 2. When it fails nothing is left.
     *
     * @return its descriptor, for {@code CLONE_INTO_CGROUP}; empty where there is none
     * @throws CgroupException when limits are required and cannot be had
     * @throws ErrnoException when a call fails for another reason
     */
    public Optional<Fd> makeUnified() {
        return undone(
                () -> {
                    for (var hierarchy : host.hierarchies()) {
                        if (hierarchy.unified()) {
                            unified = make(hierarchy);
                        }
                    }
                    return unified == null ? Optional.empty() : Optional.of(unified.fd());
                });
    }

    /**
     * Makes the others, and writes the limits of all, while nothing of the container runs in them.
     * When it fails nothing is left.
     *
     * @return the cgroups
     * @throws CgroupException when a limit cannot be set and limits are required, or a value is
     *     refused
     * @throws ErrnoException when a call fails for another reason
     */
    public ContainerCgroup complete() {
        return undone(
                () -> {
                    for (var hierarchy : host.hierarchies()) {
                        if (!hierarchy.unified() && isUsed(hierarchy)) {
                            var directory = make(hierarchy);
                            if (directory != null) {
                                hierarchy.controllers().forEach(c -> legacy.put(c, directory));
                            }
                        }
                    }
                    if (opened.isEmpty()) {
                        reportNothing();
                    }
                    limit();
                    return new ContainerCgroup(
                            host, unified, legacy, List.copyOf(made), shortfalls.warnings());
                });
    }

    private void limit() {
        new LimitWriter(unified, legacy, v1, reasons, shortfalls).write(resources);
        if (!opened.isEmpty()) {
            new DeviceLimiter(unified, legacy.get("devices"), shortfalls)
                    .write(calls, resources.devices());
        }
    }

    private <T> T undone(Supplier<T> work) {
        try {
            return work.get();
        } catch (RuntimeException | Error e) {
            try {
                undo();
            } catch (ErrnoException left) {
                e.addSuppressed(left);
            }
            throw e;
        }
    }

    /**
     * Where version 2 holds the processes, its freezer does, and a container without any limit
     * joins no hierarchy of version 1 but that of devices: each costs a start a tenth of its time.
     */
    private boolean isUsed(Hierarchy hierarchy) {
        var used = new LinkedHashSet<>(hierarchy.controllers());
        used.retainAll(V1);
        if (unified != null) {
            used.remove("freezer");
            if (!resources.limited()) {
                used.retainAll(Set.of("devices"));
            }
        }
        return !used.isEmpty();
    }

    /** Makes the directory in one hierarchy; null, with the reason noted, where that is denied. */
    private @Nullable CgroupDirectory make(Hierarchy hierarchy) {
        try {
            for (int attempt = 1; ; attempt++) {
                try {
                    return makeBelow(hierarchy);
                } catch (ErrnoException e) {
                    if (e.errno() != Errno.ENOENT || attempt == ATTEMPTS) {
                        throw e;
                    }
                }
            }
        } catch (ErrnoException e) {
            if (!DENIALS.contains(e.errno())) {
                throw e;
            }
            var reason = e.call() + ": " + e.errno();
            hierarchy.controllers().forEach(c -> reasons.put(c, reason));
            reasons.putIfAbsent("cgroup", reason);
            return null;
        }
    }

    private CgroupDirectory makeBelow(Hierarchy hierarchy) {
        var at = CgroupDirectory.open(calls, hierarchy.mountPoint());
        try {
            var base = resources.parent() == null ? hierarchy.base() : resources.parent();
            for (var element : base.split("/", -1)) {
                if (!element.isEmpty()) {
                    if (resources.parent() != null) {
                        prepare(hierarchy, at);
                        makeParent(hierarchy, at, element);
                    }
                    var next = at.child(element);
                    at.close();
                    at = next;
                }
            }
            prepare(hierarchy, at);
            makeOwn(hierarchy, at, name);
            var directory = at.child(name);
            opened.add(directory);
            return directory;
        } finally {
            at.close();
        }
    }

    /** Hands controllers of version 2 down to the children of a cgroup. */
    private void prepare(Hierarchy hierarchy, CgroupDirectory directory) {
        if (hierarchy.unified()) {
            var needed = LimitWriter.needed(resources, v1);
            var wished = new LinkedHashSet<>(WISHED);
            wished.removeIf(controller -> v1.contains(LimitWriter.v1Name(controller)));
            reasons.putAll(SubtreeControl.enable(host, directory, needed, wished));
        }
    }

    /** Makes a parent that is missing; one that is there may be anybody's. */
    private void makeParent(Hierarchy hierarchy, CgroupDirectory at, String element) {
        if (!at.has(element)) {
            try {
                makeOwn(hierarchy, at, element);
            } catch (ErrnoException e) {
                if (e.errno() != Errno.EEXIST) {
                    throw e;
                }
            }
        }
    }

    private void makeOwn(Hierarchy hierarchy, CgroupDirectory at, String element) {
        at.make(element);
        made.push(at.path() + "/" + element);
        if (hierarchy.controllers().contains("cpuset") && !hierarchy.unified()) {
            copyPlacement(at, element);
        }
    }

    /** A new cpuset of version 1 has neither processors nor memory, and takes no process. */
    private static void copyPlacement(CgroupDirectory above, String element) {
        try (var directory = above.child(element)) {
            for (var file : List.of("cpuset.cpus", "cpuset.mems")) {
                if (directory.read(file).isBlank()) {
                    directory.write(file, above.read(file).strip());
                }
            }
        }
    }

    private void reportNothing() {
        var why =
                host.hierarchies().isEmpty()
                        ? "no cgroup hierarchy is mounted"
                        : reasons.getOrDefault("cgroup", "no hierarchy of this host can be used");
        var remedy =
                host.hierarchies().isEmpty()
                        ? "mount cgroup2 at /sys/fs/cgroup"
                        : LimitWriter.Remedies.of(why);
        shortfalls.report(
                new Shortfall(
                        "a cgroup for the container (limits, statistics, pause)", why, remedy),
                null);
    }

    /**
     * Removes what was made so far, because something else has failed. A second call does nothing.
     *
     * @throws ErrnoException when a directory cannot be removed
     */
    public void undo() {
        opened.forEach(CgroupDirectory::close);
        ErrnoException failure = null;
        while (!made.isEmpty()) {
            try {
                calls.unlinkat(null, made.pop(), AtFlag.AT_REMOVEDIR);
            } catch (ErrnoException e) {
                // A parent that another container uses meanwhile stays.
                if (e.errno() != Errno.ENOENT && e.errno() != Errno.EBUSY) {
                    failure = e;
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
