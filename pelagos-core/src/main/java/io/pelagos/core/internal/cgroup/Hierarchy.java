package io.pelagos.core.internal.cgroup;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.SequencedSet;

/**
 * One mounted cgroup hierarchy and the JVM's place in it.
 *
 * @param unified whether it is the one of version 2
 * @param mountPoint where it is mounted, an absolute path
 * @param controllers what can be limited in it; for version 2 what is available in the JVM's own
 *     cgroup
 * @param own the JVM's cgroup as a path below the mount point, {@code /} for the mount point itself
 */
public record Hierarchy(
        boolean unified, String mountPoint, SequencedSet<String> controllers, String own) {
    /** The leaf into which the JVM moves itself, see {@link SubtreeControl}. */
    static final String JVM_LEAF = "pelagos-jvm";

    /** Copies the controllers. */
    public Hierarchy {
        controllers = Collections.unmodifiableSequencedSet(new LinkedHashSet<>(controllers));
    }

    /**
     * Describes the hierarchy of version 2.
     *
     * @param mountPoint where it is mounted
     * @param controllers what can be limited
     * @param own the JVM's cgroup below the mount point
     * @return the hierarchy
     */
    public static Hierarchy unified(String mountPoint, Collection<String> controllers, String own) {
        return new Hierarchy(true, mountPoint, new LinkedHashSet<>(controllers), own);
    }

    /**
     * Describes a hierarchy of version 1.
     *
     * @param mountPoint where it is mounted
     * @param controllers what can be limited
     * @param own the JVM's cgroup below the mount point
     * @return the hierarchy
     */
    public static Hierarchy legacy(String mountPoint, Collection<String> controllers, String own) {
        return new Hierarchy(false, mountPoint, new LinkedHashSet<>(controllers), own);
    }

    /**
     * Returns the cgroup below which containers are made when nothing else is asked for: the JVM's
     * own, or the one above it when the JVM has moved into a leaf.
     *
     * @return a path below the mount point
     */
    public String base() {
        if (!own.endsWith("/" + JVM_LEAF)) {
            return own;
        }
        var above = own.substring(0, own.length() - JVM_LEAF.length() - 1);
        return above.isEmpty() ? "/" : above;
    }

    /**
     * Returns the absolute path of a cgroup.
     *
     * @param cgroup a path below the mount point
     * @return the path of its directory
     */
    public String directory(String cgroup) {
        return cgroup.equals("/") ? mountPoint : mountPoint + cgroup;
    }
}
