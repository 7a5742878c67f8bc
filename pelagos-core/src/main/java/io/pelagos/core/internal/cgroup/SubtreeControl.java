package io.pelagos.core.internal.cgroup;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Syscall;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes controllers of cgroup v2 available to the children of a cgroup.
 *
 * <p>Version 2 has no internal processes: a cgroup other than the root that has processes cannot
 * hand down domain controllers such as memory and io, and the write says EBUSY. The JVM usually
 * sits in just the cgroup below which its containers go. The strategy: when limits need a
 * controller and the JVM is the only process there, it moves itself into a leaf, {@code
 * pelagos-jvm}, which lasts as long as the cgroup does; {@link Hierarchy#base} knows it again. When
 * anything else is in that cgroup nothing is moved (those processes are not ours to move) and the
 * reason is returned.
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
        var available = words(directory.readIfPresent("cgroup.controllers"));
        var enabled = words(directory.readIfPresent("cgroup.subtree_control"));
        var reasons = new LinkedHashMap<String, String>();
        for (var controller : needed) {
            if (!available.contains(controller)) {
                reasons.put(controller, directory + " has no " + controller + " controller");
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

    private static String enable(CgroupHost host, CgroupDirectory directory, String controller) {
        try {
            if (occupied(directory)) {
                host.alone(() -> moveJvm(directory));
            }
            if (occupied(directory)) {
                return directory
                        + " "
                        + LimitWriter.Remedies.BUSY_REASON
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

    /** Moves the JVM into a leaf when it is the only process. */
    private static void moveJvm(CgroupDirectory directory) {
        long jvm = directory.calls().retry(Syscall.GETPID);
        var pids = directory.read("cgroup.procs").lines().toList();
        if (!pids.equals(List.of("" + jvm))) {
            return;
        }
        try {
            directory.make(Hierarchy.JVM_LEAF);
        } catch (ErrnoException e) {
            if (e.errno() != Errno.EEXIST) {
                throw e;
            }
        }
        directory.write(Hierarchy.JVM_LEAF + "/cgroup.procs", "" + jvm);
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
