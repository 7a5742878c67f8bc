package io.pelagos.core.internal.cgroup;

import io.pelagos.core.kernel.AtFlag;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.spec.Resources;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * The cgroup hierarchies of this host and the JVM's place in them, looked at once. Safe for use by
 * many threads.
 */
public final class CgroupHost {
    /** How the names of all cgroups of containers begin. */
    public static final String CONTAINER = "pelagos-";

    private static final int LARGEST_TABLE = 1 << 24;

    private final SystemCalls calls;
    private final List<Hierarchy> hierarchies;
    private final Consumer<Runnable> alone;

    /**
     * Describes a host.
     *
     * @param calls where calls go
     * @param hierarchies what is mounted
     */
    public CgroupHost(SystemCalls calls, List<Hierarchy> hierarchies) {
        this(calls, hierarchies, Runnable::run);
    }

    private CgroupHost(SystemCalls calls, List<Hierarchy> hierarchies, Consumer<Runnable> alone) {
        this.calls = calls;
        this.hierarchies = List.copyOf(hierarchies);
        this.alone = alone;
    }

    /**
     * Returns the same host for a JVM that keeps processes ahead, which are in its own cgroup.
     *
     * @param way acts while there is none of them
     * @return a host
     */
    public CgroupHost alone(Consumer<Runnable> way) {
        return new CgroupHost(calls, hierarchies, way);
    }

    /** Acts while the JVM keeps no process ahead. */
    void alone(Runnable action) {
        alone.accept(action);
    }

    /**
     * Looks at this host: {@code /proc/self/mountinfo}, {@code /proc/self/cgroup}, and {@code
     * cgroup.controllers} of the JVM's own cgroup.
     *
     * @param calls where calls go
     * @return the host; without hierarchies when none is mounted
     * @throws ErrnoException when procfs cannot be read
     */
    public static CgroupHost detect(SystemCalls calls) {
        var tables =
                CgroupTables.parse(
                        calls.readFile(null, "/proc/self/mountinfo", LARGEST_TABLE),
                        calls.readFile(null, "/proc/self/cgroup", LARGEST_TABLE));
        var hierarchies = new ArrayList<Hierarchy>();
        for (var hierarchy : tables) {
            hierarchies.add(hierarchy.unified() ? withControllers(calls, hierarchy) : hierarchy);
        }
        return new CgroupHost(calls, hierarchies);
    }

    /** A path that is not there (a namespace without its root) leaves the top of the mount. */
    private static Hierarchy withControllers(SystemCalls calls, Hierarchy hierarchy) {
        for (var own : List.of(hierarchy.base(), "/")) {
            try {
                var text =
                        calls.readFile(
                                null, hierarchy.directory(own) + "/cgroup.controllers", 4096);
                var controllers = text.isBlank() ? List.<String>of() : words(text);
                return Hierarchy.unified(hierarchy.mountPoint(), controllers, own);
            } catch (ErrnoException e) {
                switch (e.errno()) {
                    case ENOENT, EACCES, ENODEV -> {}
                    default -> throw e;
                }
            }
        }
        return hierarchy;
    }

    private static List<String> words(String text) {
        return List.of(text.strip().split("\\s+"));
    }

    /**
     * Returns which versions are mounted.
     *
     * @return the mode
     */
    public CgroupMode mode() {
        boolean unified = hierarchies.stream().anyMatch(Hierarchy::unified);
        boolean legacy = !v1Controllers().isEmpty();
        if (unified) {
            return legacy ? CgroupMode.HYBRID : CgroupMode.UNIFIED;
        }
        return legacy ? CgroupMode.LEGACY : CgroupMode.NONE;
    }

    /**
     * Returns what is mounted.
     *
     * @return the hierarchies
     */
    public List<Hierarchy> hierarchies() {
        return hierarchies;
    }

    /** Returns the controllers that are in hierarchies of version 1. */
    Set<String> v1Controllers() {
        var controllers = new LinkedHashSet<String>();
        for (var hierarchy : hierarchies) {
            if (!hierarchy.unified()) {
                controllers.addAll(hierarchy.controllers());
            }
        }
        return controllers;
    }

    SystemCalls calls() {
        return calls;
    }

    /**
     * Prepares to make the cgroups of a container; touches nothing yet.
     *
     * @param name the name of the directories, as in {@code pelagos-1a2b}; must not be in use
     * @param resources the limits
     * @return says what will be made, and makes it
     * @throws IllegalArgumentException when the name is no file name, or a raw key is no limit
     */
    public CgroupCreation prepare(String name, Resources resources) {
        if (!name.matches("[A-Za-z0-9_][A-Za-z0-9_.-]{0,200}") || name.equals(Hierarchy.JVM_LEAF)) {
            throw new IllegalArgumentException("cgroup name \"" + name + "\": must be a file name");
        }
        Limits.check(resources);
        return new CgroupCreation(this, name, resources);
    }

    /**
     * Makes the cgroups of a container and writes its limits, while no process is in them. When it
     * fails nothing is left.
     *
     * @param name the name of the directories, as in {@code pelagos-1a2b}; must not be in use
     * @param resources the limits
     * @return the cgroups; without any directory, and with a warning, where none can be made and
     *     limits are not required
     * @throws IllegalArgumentException when the name is no file name, or a raw key is no limit
     * @throws CgroupException when a limit cannot be set and limits are required, or a value is
     *     refused
     * @throws ErrnoException when a call fails for another reason
     */
    public ContainerCgroup create(String name, Resources resources) {
        var creation = prepare(name, resources);
        var _ = creation.makeUnified();
        return creation.complete();
    }

    /**
     * Opens the cgroups of a container that was made before, perhaps by another JVM.
     *
     * @param paths what {@link ContainerCgroup#paths} returned; directories that are gone are left
     *     out
     * @return the cgroups, or empty when all directories are gone
     * @throws IllegalArgumentException when a path is not that of a container's cgroup below a
     *     hierarchy of this host: what is in it may be ended
     */
    public Optional<ContainerCgroup> open(Map<String, String> paths) {
        for (var path : paths.values()) {
            requireBelow(path);
            if (!path.substring(path.lastIndexOf('/') + 1).startsWith(CONTAINER)) {
                throw new IllegalArgumentException(
                        "cgroup \"" + path + "\": is not one of a container of Pelagos");
            }
        }
        return ContainerCgroup.open(this, paths);
    }

    /**
     * Removes cgroups in which there is nothing, such as parents that a dead JVM has made.
     *
     * @param paths absolute paths, in order; those that are gone or in use are left out
     * @throws IllegalArgumentException when one is not below a hierarchy of this host
     */
    public void removeEmpty(List<String> paths) {
        paths.forEach(this::requireBelow);
        for (var path : paths) {
            try {
                calls.unlinkat(null, path, AtFlag.AT_REMOVEDIR);
            } catch (ErrnoException e) {
                switch (e.errno()) {
                    case ENOENT, EBUSY, ENOTEMPTY -> {}
                    default -> throw e;
                }
            }
        }
    }

    private void requireBelow(String path) {
        if (path.contains("/../")
                || path.endsWith("/..")
                || hierarchies.stream().noneMatch(h -> path.startsWith(h.mountPoint() + "/"))) {
            throw new IllegalArgumentException(
                    "cgroup \"" + path + "\": is not below a cgroup hierarchy of this host");
        }
    }

    /**
     * Finds the cgroups right below a parent whose names begin in a certain way, such as those that
     * a dead JVM has left.
     *
     * @param prefix how the names begin, as in {@code pelagos-}
     * @param parent the parent as in {@link Resources#parent}, or null for the JVM's own cgroup
     * @return for each name what {@link #open} takes
     */
    public Map<String, Map<String, String>> find(
            String prefix, @org.jspecify.annotations.Nullable String parent) {
        var found = new LinkedHashMap<String, Map<String, String>>();
        for (var hierarchy : hierarchies) {
            var base = hierarchy.directory(parent == null ? hierarchy.base() : parent);
            try (var directory = CgroupDirectory.open(calls, base)) {
                for (var name : new TreeSet<>(directory.children())) {
                    if (name.startsWith(prefix) && !name.equals(Hierarchy.JVM_LEAF)) {
                        found.computeIfAbsent(name, key -> new LinkedHashMap<>())
                                .put(ContainerCgroup.key(hierarchy), base + "/" + name);
                    }
                }
            } catch (ErrnoException e) {
                switch (e.errno()) {
                    case ENOENT, EACCES -> {}
                    default -> throw e;
                }
            }
        }
        return found;
    }

    /**
     * Reports what there is and what of it this JVM may use.
     *
     * @return the report
     */
    public CgroupReport describe() {
        return CgroupReport.of(this);
    }
}
