package io.pelagos.core.paths;

import java.nio.file.Path;

/** Where the supervisors of compose projects keep their state. */
public final class ComposePaths {
    private final Path runtimeDir;

    ComposePaths(Path runtimeDir) {
        this.runtimeDir = runtimeDir;
    }

    /**
     * Returns the directory that holds one directory for each project.
     *
     * @return {@code R/compose}
     */
    public Path composeDir() {
        return runtimeDir.resolve("compose");
    }

    /**
     * Returns the directory of one project.
     *
     * @param project the name of the project
     * @return {@code R/compose/PROJECT}
     * @throws IllegalArgumentException if the name cannot be one element of a path
     */
    public Path projectDir(String project) {
        return new PathElement("compose project", project).in(composeDir());
    }

    /**
     * Returns the file that lists the services, networks and volumes of a project, as JSON.
     *
     * @param project the name of the project
     * @return {@code R/compose/PROJECT/state.json}
     * @throws IllegalArgumentException if the name cannot be one element of a path
     */
    public Path stateFile(String project) {
        return projectDir(project).resolve("state.json");
    }
}
