package io.pelagos.core.internal.cgroup;

import io.pelagos.core.kernel.ErrnoException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Makes controllers of cgroup v2 available to the children of a cgroup.
 *
 * <p>Version 2 has no internal processes: a cgroup other than the root that has processes cannot
 * hand down domain controllers such as memory and io, and the write says EBUSY. The JVM usually
 * sits in just the cgroup below which its containers go. The strategy: when limits need a
 * controller, the JVM moves itself into a leaf, {@code pelagos-jvm}, which lasts as long as the
 * cgroup does, and takes along whom it may, see {@link CgroupMembers}; {@link Hierarchy#base} knows
 * the leaf again. When anybody else is in that cgroup nobody is moved and the reason is returned.
 *
 * <p>A cgroup that has not got a controller itself may be in a delegated subtree, whose owner has
 * to enable controllers from its top downwards: that is done too, where no process is in the way.
 */
final class SubtreeControl {
    private SubtreeControl() {}

    /**
     * Enables controllers.
     *
     * @param host knows what else the JVM has started
     * @param directory the cgroup whose children are to have them
     * @param needed controllers for whose sake the JVM may be moved
     * @param wished controllers that are enabled when that is possible without ado
     * @return why a needed controller could not be enabled; empty when all could
     */
    static Map<String, String> enable(
            CgroupHost host, CgroupDirectory directory, Set<String> needed, Set<String> wished) {
        if (needed.isEmpty() && wished.isEmpty()) {
            return Map.of();
        }
        var above = enableAbove(host, directory, needed);
        var available = words(directory.readIfPresent("cgroup.controllers"));
        var enabled = words(directory.readIfPresent("cgroup.subtree_control"));
        var reasons = new LinkedHashMap<String, String>();
        for (var controller : needed) {
            if (!available.contains(controller)) {
                var why = above.getOrDefault(controller, "");
                reasons.put(
                        controller,
                        directory
                                + " has no "
                                + controller
                                + " controller"
                                + (why.isEmpty() ? "" : ": " + why));
            } else if (!enabled.contains(controller)) {
                var reason = enable(host, directory, controller);
                if (!reason.isEmpty()) {
                    reasons.put(controller, reason);
                }
            }
        }
        boolean occupied = occupied(directory);
        for (var controller : wished) {
            if (!occupied
                    && available.contains(controller)
                    && !enabled.contains(controller)
                    && !needed.contains(controller)) {
                try {
                    directory.write("cgroup.subtree_control", "+" + controller);
                } catch (ErrnoException e) {
                    onlyDenied(e);
                }
            }
        }
        return reasons;
    }

    /** Enables what a cgroup lacks in those above that are delegated; says why it could not. */
    private static Map<String, String> enableAbove(
            CgroupHost host, CgroupDirectory directory, Set<String> needed) {
        var missing = new LinkedHashSet<>(needed);
        missing.removeAll(words(directory.readIfPresent("cgroup.controllers")));
        if (missing.isEmpty()) {
            return Map.of();
        }
        var delegation = Delegation.of(host);
        if (delegation.isTop(directory)) {
            return Map.of();
        }
        var path = directory.path();
        try (var above =
                CgroupDirectory.open(host.calls(), path.substring(0, path.lastIndexOf('/')))) {
            return delegation.covers(above) ? enable(host, above, missing, Set.of()) : Map.of();
        } catch (ErrnoException e) {
            onlyDenied(e);
            return Map.of();
        }
    }

    private static String enable(CgroupHost host, CgroupDirectory directory, String controller) {
        try {
            var others = new AtomicReference<>("");
            if (occupied(directory)) {
                host.alone(() -> others.set(new CgroupMembers(host, directory).move()));
            }
            if (occupied(directory)) {
                return directory
                        + " "
                        + LimitWriter.Remedies.BUSY_REASON
                        + (others.get().isEmpty()
                                ? ""
                                : " that it may not move (" + others.get() + ")")
                        + ", so cgroup v2 cannot have the "
                        + controller
                        + " controller for its children";
            }
            directory.write("cgroup.subtree_control", "+" + controller);
            return "";
        } catch (ErrnoException e) {
            onlyDenied(e);
            return "enabling the "
                    + controller
                    + " controller in "
                    + directory
                    + ": "
                    + e.getMessage();
        }
    }

    /**
     * Tells whether processes are in a cgroup other than the root, which alone has no {@code
     * cgroup.type}. A controller must not be enabled there even where the kernel lets it be: cpu,
     * cpuset and pids would make it the root of a threaded subtree, whose children take no process.
     */
    private static boolean occupied(CgroupDirectory directory) {
        return directory.has("cgroup.type") && !directory.read("cgroup.procs").isBlank();
    }

    /** Lets pass what is the host's decision; anything else is a failure of ours. */
    private static void onlyDenied(ErrnoException e) {
        switch (e.errno()) {
            case EACCES, EPERM, EROFS, EBUSY, ENOENT, EOPNOTSUPP, EINVAL -> {}
            default -> throw e;
        }
    }

    private static Set<String> words(@org.jspecify.annotations.Nullable String text) {
        return text == null || text.isBlank() ? Set.of() : Set.of(text.strip().split("\\s+"));
    }
}
