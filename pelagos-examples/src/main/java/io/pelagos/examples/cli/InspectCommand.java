package io.pelagos.examples.cli;

import io.pelagos.core.Pelagos;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/** Prints everything that is known about containers. */
@Command(
        name = "inspect",
        description = "Print all that is known about containers, as a JSON array.")
final class InspectCommand extends ContainerCommand {
    @Parameters(arity = "1..*", paramLabel = "CONTAINER", description = "Which.")
    private List<String> names = new ArrayList<>();

    InspectCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int call(Pelagos pelagos) {
        var array = JsonNodeFactory.instance.arrayNode();
        var listing = ContainerColumns.listing(true);
        for (var name : names) {
            var container = pelagos.containers().find(name);
            var object = listing.object(container.inspect());
            object.set("spec", JsonMapper.shared().readTree(container.spec().toJson()));
            array.add(object);
        }
        out().println(Listing.pretty(array));
        return 0;
    }
}
