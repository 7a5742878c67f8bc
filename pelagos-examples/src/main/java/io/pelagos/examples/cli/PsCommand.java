package io.pelagos.examples.cli;

import io.pelagos.core.ContainerFilter;
import io.pelagos.core.ContainerInfo;
import io.pelagos.core.Pelagos;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Lists containers. */
@Command(name = "ps", sortOptions = false, description = "List detached containers.")
final class PsCommand extends ContainerCommand {
    @Option(
            names = {"-a", "--all"},
            description = "Also those that have ended.")
    private boolean all;

    @Option(
            names = {"-q", "--quiet"},
            description = "Only ids.")
    private boolean quiet;

    @Option(names = "--no-trunc", description = "Ids and commands in full.")
    private boolean full;

    @Option(
            names = {"-f", "--filter"},
            paramLabel = "KEY=VALUE",
            description = "Only those with this name=, label= or status=.")
    private List<ContainerFilter> filters = new ArrayList<>();

    @Option(
            names = "--format",
            paramLabel = "table|json|KEY,…",
            description = "How (default: table); keys are those of json, printed with tabs.")
    private String format = "table";

    @Option(names = "--json", description = "As --format json.")
    private boolean json;

    PsCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int call(Pelagos pelagos) {
        var wanted = new ArrayList<>(filters);
        if (!all && filters.isEmpty()) {
            wanted.add(ContainerFilter.status(ContainerInfo.Status.RUNNING));
        }
        var containers = pelagos.containers();
        var infos = containers.list(wanted.toArray(ContainerFilter[]::new));
        if (quiet) {
            infos.forEach(info -> out().println(info.id()));
        } else {
            ContainerColumns.listing(full).print(out(), json ? "json" : format, infos);
        }
        containers.problems().forEach(problem -> err().println("pelagos: warning: " + problem));
        return 0;
    }
}
