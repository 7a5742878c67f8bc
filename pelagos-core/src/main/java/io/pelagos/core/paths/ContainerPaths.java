package io.pelagos.core.paths;

import java.nio.file.Path;

/**
 * Where containers keep their state, logs and writable layer, and how unnamed ones are counted.
 *
 * <p>The lock of a container lies outside the directory that it protects: a lock file that is
 * removed together with that directory would let two owners in.
 */
public final class ContainerPaths {
    private final Path runtimeDir;
    private final Path locksDir;

    ContainerPaths(Path runtimeDir, Path locksDir) {
        this.runtimeDir = runtimeDir;
        this.locksDir = locksDir;
    }

    /**
     * Returns the directory that holds one directory for each container.
     *
     * @return {@code R/containers}
     */
    public Path containersDir() {
        return runtimeDir.resolve("containers");
    }

    /**
     * Returns the directory of one container.
     *
     * @param name the name of the container
     * @return {@code R/containers/NAME}
     * @throws IllegalArgumentException if the name cannot be one element of a path
     */
    public Path containerDir(String name) {
        return new PathElement("container name", name).in(containersDir());
    }

    /**
     * Returns the file that says what is known about a container, as JSON.
     *
     * @param name the name of the container
     * @return {@code R/containers/NAME/state.json}
     * @throws IllegalArgumentException if the name cannot be one element of a path
     */
    public Path containerStateFile(String name) {
        return containerDir(name).resolve("state.json");
    }

    /**
     * Returns the file with the raw bytes of a container's standard output since its last start.
     *
     * @param name the name of the container
     * @return {@code R/containers/NAME/stdout.log}
     * @throws IllegalArgumentException if the name cannot be one element of a path
     */
    public Path stdoutLog(String name) {
        return containerDir(name).resolve("stdout.log");
    }

    /**
     * Returns the file with the raw bytes of a container's standard error since its last start.
     *
     * @param name the name of the container
     * @return {@code R/containers/NAME/stderr.log}
     * @throws IllegalArgumentException if the name cannot be one element of a path
     */
    public Path stderrLog(String name) {
        return containerDir(name).resolve("stderr.log");
    }

    /**
     * Returns the directory with the files that a container has changed, kept until it is removed.
     *
     * @param name the name of the container
     * @return {@code R/containers/NAME/upper}
     * @throws IllegalArgumentException if the name cannot be one element of a path
     */
    public Path upperDir(String name) {
        return containerDir(name).resolve("upper");
    }

    /**
     * Returns the work directory that overlayfs needs beside {@link #upperDir}.
     *
     * @param name the name of the container
     * @return {@code R/containers/NAME/work}
     * @throws IllegalArgumentException if the name cannot be one element of a path
     */
    public Path workDir(String name) {
        return containerDir(name).resolve("work");
    }

    /**
     * Returns the file that whoever changes a container locks with flock(2).
     *
     * @param name the name of the container
     * @return {@code R/locks/containers/NAME}
     * @throws IllegalArgumentException if the name cannot be one element of a path
     */
    public Path lockFile(String name) {
        return new PathElement("container name", name).in(locksDir.resolve("containers"));
    }

    /**
     * Returns the file with the number that the last unnamed container was given.
     *
     * @return {@code R/container_counter}: a decimal number, no newline
     */
    public Path containerCounterFile() {
        return runtimeDir.resolve("container_counter");
    }
}
