package io.pelagos.examples.cli;

import io.pelagos.core.Pelagos;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Lists the ports of containers that can be reached from outside. */
@Command(
        name = "port",
        sortOptions = false,
        description = {
            "List the published ports of containers.",
            "This command line has no networks yet, so it publishes none."
        })
final class PortCommand extends ContainerCommand {
    @Parameters(arity = "1..*", paramLabel = "CONTAINER", description = "Which.")
    private List<String> names = new ArrayList<>();

    PortCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int call(Pelagos pelagos) {
        for (var name : names) {
            var container = pelagos.containers().find(name);
            err().println(
                            "pelagos: "
                                    + container.name()
                                    + " has no published port: publishing takes a network, which"
                                    + " this command line gives no container");
        }
        err().flush();
        return 0;
    }
}
