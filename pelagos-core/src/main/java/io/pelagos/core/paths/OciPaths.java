package io.pelagos.core.paths;

import java.nio.file.Path;

/**
 * Where containers made through the lifecycle of the OCI runtime specification keep their state.
 *
 * <p>The Rust implementation puts the directory of each id directly into the runtime directory,
 * where an id such as {@code containers} or {@code dns} meets a directory of another purpose. Here
 * they have a directory of their own.
 */
public final class OciPaths {
    private final Path runtimeDir;
    private final Path locksDir;

    OciPaths(Path runtimeDir, Path locksDir) {
        this.runtimeDir = runtimeDir;
        this.locksDir = locksDir;
    }

    /**
     * Returns the directory that holds one directory for each id.
     *
     * @return {@code R/oci}
     */
    public Path ociDir() {
        return runtimeDir.resolve("oci");
    }

    /**
     * Returns the directory of one container.
     *
     * @param id the id of the container
     * @return {@code R/oci/ID}
     * @throws IllegalArgumentException if the id cannot be one element of a path
     */
    public Path ociStateDir(String id) {
        return new PathElement("container id", id).in(ociDir());
    }

    /**
     * Returns the file with the state of a container, as JSON.
     *
     * @param id the id of the container
     * @return {@code R/oci/ID/state.json}
     * @throws IllegalArgumentException if the id cannot be one element of a path
     */
    public Path stateFile(String id) {
        return ociStateDir(id).resolve("state.json");
    }

    /**
     * Returns the socket that releases a created container to run its program.
     *
     * <p>A Unix socket address has room for 107 bytes (unix(7)): bind and connect to it relative to
     * its directory, since the whole path may be longer.
     *
     * @param id the id of the container
     * @return {@code R/oci/ID/exec.sock}
     * @throws IllegalArgumentException if the id cannot be one element of a path
     */
    public Path execSocket(String id) {
        return ociStateDir(id).resolve("exec.sock");
    }

    /**
     * Returns the socket that hands out the pidfd of a container.
     *
     * <p>The limit of {@link #execSocket} applies here too.
     *
     * @param id the id of the container
     * @return {@code R/oci/ID/mgmt.sock}
     * @throws IllegalArgumentException if the id cannot be one element of a path
     */
    public Path mgmtSocket(String id) {
        return ociStateDir(id).resolve("mgmt.sock");
    }

    /**
     * Returns the file that whoever changes a container locks with flock(2).
     *
     * @param id the id of the container
     * @return {@code R/locks/oci/ID}
     * @throws IllegalArgumentException if the id cannot be one element of a path
     */
    public Path lockFile(String id) {
        return new PathElement("container id", id).in(locksDir.resolve("oci"));
    }
}
