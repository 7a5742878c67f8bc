package io.pelagos.core.paths;

import java.nio.file.Path;

/** Where sandboxes (pods: containers that share namespaces) keep their state. */
public final class SandboxPaths {
    private final Path runtimeDir;

    SandboxPaths(Path runtimeDir) {
        this.runtimeDir = runtimeDir;
    }

    /**
     * Returns the directory that holds one directory for each sandbox.
     *
     * @return {@code R/sandboxes}
     */
    public Path sandboxesDir() {
        return runtimeDir.resolve("sandboxes");
    }

    /**
     * Returns the directory of one sandbox.
     *
     * @param id the id of the sandbox
     * @return {@code R/sandboxes/ID}
     * @throws IllegalArgumentException if the id cannot be one element of a path
     */
    public Path dir(String id) {
        return new PathElement("sandbox id", id).in(sandboxesDir());
    }

    /**
     * Returns the file with the state of a sandbox, as JSON.
     *
     * @param id the id of the sandbox
     * @return {@code R/sandboxes/ID/state.json}
     * @throws IllegalArgumentException if the id cannot be one element of a path
     */
    public Path stateFile(String id) {
        return dir(id).resolve("state.json");
    }

    /**
     * Returns the file with the pid of the process that keeps the namespaces open.
     *
     * @param id the id of the sandbox
     * @return {@code R/sandboxes/ID/pause.pid}: a decimal number, no newline
     * @throws IllegalArgumentException if the id cannot be one element of a path
     */
    public Path pidFile(String id) {
        return dir(id).resolve("pause.pid");
    }

    /**
     * Returns the file with the name of the sandbox's network namespace.
     *
     * @param id the id of the sandbox
     * @return {@code R/sandboxes/ID/ns_name}: see {@link NetworkPaths#netnsFile}
     * @throws IllegalArgumentException if the id cannot be one element of a path
     */
    public Path nsNameFile(String id) {
        return dir(id).resolve("ns_name");
    }

    /**
     * Returns the file with the name for humans, which is there only if one was given.
     *
     * @param id the id of the sandbox
     * @return {@code R/sandboxes/ID/name}
     * @throws IllegalArgumentException if the id cannot be one element of a path
     */
    public Path nameFile(String id) {
        return dir(id).resolve("name");
    }
}
