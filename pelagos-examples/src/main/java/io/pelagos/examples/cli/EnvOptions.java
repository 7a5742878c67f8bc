package io.pelagos.examples.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** The variables of a program. */
final class EnvOptions {
    @Option(
            names = {"-e", "--env"},
            paramLabel = "NAME[=VALUE]",
            description = "Set a variable; a bare NAME has the value it has here.")
    private List<EnvOption> env = new ArrayList<>();

    @Option(
            names = "--env-file",
            paramLabel = "FILE",
            description = "Set the variables of a file of NAME=VALUE lines, before those of --env.")
    private List<Path> envFiles = new ArrayList<>();

    /** Returns all of them; a bare name has the value that the caller has. */
    Map<String, String> environment(Map<String, String> caller) {
        var environment = new LinkedHashMap<String, String>();
        for (var file : envFiles) {
            for (var variable : EnvFile.read(file)) {
                variable.addTo(environment, caller);
            }
        }
        for (var variable : env) {
            variable.addTo(environment, caller);
        }
        return environment;
    }
}
