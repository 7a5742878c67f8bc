package io.pelagos.core;

import io.pelagos.core.spec.Mount;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/**
 * A directory with a name that outlives containers.
 *
 * @param name its name
 * @param path where it is on the host
 * @param createdAt when it was made
 * @param users the names of the containers that mount it: those of this {@link Pelagos} that run,
 *     and all detached ones
 */
public record Volume(String name, Path path, Instant createdAt, List<String> users) {
    /** Copies the list. */
    public Volume {
        users = List.copyOf(users);
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
