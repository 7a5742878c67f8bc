package io.pelagos.core;

import io.pelagos.core.spec.Mount;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * A directory with a name that outlives containers.
 *
 * @param name its name
 * @param path where it is on the host
 * @param createdAt when it was made
 * @param users the names of the containers that mount it: those of this {@link Pelagos} that run,
 *     and all detached ones
 * @param labels notes of whoever has made it
 */
public record Volume(
        String name, Path path, Instant createdAt, List<String> users, Map<String, String> labels) {
    /** Copies the list and the map. */
    public Volume {
        users = List.copyOf(users);
        labels = Map.copyOf(labels);
    }

    /**
     * Mounts it. While it is still empty, the first container to be started gives it what its root
     * has at that place: files with their owners, permissions and attributes.
     *
     * @param target an absolute path inside the container
     * @return the mount
     */
    public Mount.Bind at(String target) {
        return Mount.bind(path, target);
    }
}
