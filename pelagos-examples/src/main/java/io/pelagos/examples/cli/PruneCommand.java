package io.pelagos.examples.cli;

import io.pelagos.core.ContainerFilter;
import io.pelagos.core.Pelagos;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Removes containers that have ended. */
@Command(
        name = "prune",
        sortOptions = false,
        description = "Remove all containers that have ended, and print their names.")
final class PruneCommand extends ContainerCommand {
    @Option(
            names = {"-f", "--filter"},
            paramLabel = "KEY=VALUE",
            description = "Only those with this name= or label=.")
    private List<ContainerFilter> filters = new ArrayList<>();

    PruneCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int call(Pelagos pelagos) {
        pelagos.containers().prune(filters.toArray(ContainerFilter[]::new)).forEach(out()::println);
        return 0;
    }
}
