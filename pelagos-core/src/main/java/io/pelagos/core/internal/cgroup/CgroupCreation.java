package io.pelagos.core.internal.cgroup;

import io.pelagos.core.kernel.AtFlag;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.spec.Resources;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes the cgroups of one container, all or nothing: directories first, in every hierarchy that
 * can limit, measure or stop it, then limits, then device rules.
 */
final class CgroupCreation {
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

    ContainerCgroup create() {
        try {
            for (var hierarchy : host.hierarchies()) {
                if (hierarchy.unified()) {
                    unified = make(hierarchy);
                }
            }
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
            new LimitWriter(unified, legacy, v1, reasons, shortfalls).write(resources);
            if (!opened.isEmpty()) {
                new DeviceLimiter(unified, legacy.get("devices"), shortfalls)
                        .write(calls, resources.devices());
            }
            return new ContainerCgroup(
                    host, unified, legacy, List.copyOf(made), shortfalls.warnings());
        } catch (RuntimeException | Error e) {
            undo(e);
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
            wished.removeAll(v1);
            reasons.putAll(SubtreeControl.enable(directory, needed, wished));
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

    private void undo(Throwable failure) {
        opened.forEach(CgroupDirectory::close);
        for (var path : made) {
            try {
                calls.unlinkat(null, path, AtFlag.AT_REMOVEDIR);
            } catch (ErrnoException e) {
                // A parent that another container uses meanwhile stays.
                if (e.errno() != Errno.ENOENT && e.errno() != Errno.EBUSY) {
                    failure.addSuppressed(e);
                }
            }
        }
    }
}
