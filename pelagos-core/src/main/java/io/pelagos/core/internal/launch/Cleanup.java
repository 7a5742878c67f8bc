package io.pelagos.core.internal.launch;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a supervisor removes when the JVM is no longer there to do it.
 *
 * @param killFile the {@code cgroup.kill} of the container's cgroup, or null
 * @param directories cgroups, children first
 */
public record Cleanup(@Nullable String killFile, List<String> directories) {
    /** Nothing to remove. */
    public static final Cleanup NONE = new Cleanup(null, List.of());

    /** Copies the list. */
    public Cleanup {
        directories = List.copyOf(directories);
    }

    boolean isEmpty() {
        return killFile == null && directories.isEmpty();
    }
}
