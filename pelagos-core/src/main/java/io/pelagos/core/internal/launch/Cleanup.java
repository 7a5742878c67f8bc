package io.pelagos.core.internal.launch;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a supervisor removes when the JVM is no longer there to do it: the container's cgroup in
 * some directories, and other directories.
 *
 * @param unified the directory of version 2 that holds the container's cgroup, where a write to
 *     {@code cgroup.kill} ends everything in it; or null
 * @param holders the directories that hold the container's cgroup, by absolute path
 * @param directories cgroups that are removed after it, children first
 */
public record Cleanup(@Nullable String unified, List<String> holders, List<String> directories) {
    /** Nothing to remove. */
    public static final Cleanup NONE = new Cleanup(null, List.of(), List.of());

    /** Copies the lists. */
    public Cleanup {
        holders = List.copyOf(holders);
        directories = List.copyOf(directories);
    }

    boolean isEmpty() {
        return holders.isEmpty() && directories.isEmpty();
    }
}
