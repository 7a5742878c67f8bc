package io.pelagos.examples.cli;

import io.pelagos.core.Pelagos;
import io.pelagos.core.Volume;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.JsonNodeFactory;

/** Makes, lists and removes named volumes. */
@Command(
        name = "volume",
        sortOptions = false,
        customSynopsis = {
            "pelagos volume create|rm NAME…",
            "       pelagos volume ls [--format …]",
            "       pelagos volume inspect NAME…",
            "       pelagos volume prune"
        },
        description = "Make, list and remove named volumes, which run -v NAME:DST mounts.")
final class VolumeCommand extends ContainerCommand {
    /** What is done. */
    enum Action {
        /** Make volumes. */
        CREATE,
        /** List all. */
        LS,
        /** Print what is known about some, as JSON. */
        INSPECT,
        /** Remove volumes that no container uses. */
        RM,
        /** Remove all that no container uses. */
        PRUNE
    }

    private static final Listing<Volume> LISTING =
            new Listing<>(
                    List.of(
                            Column.text("name", "NAME", Volume::name),
                            Column.text("path", "PATH", volume -> volume.path().toString()),
                            Column.text(
                                    "created", "CREATED", volume -> volume.createdAt().toString()),
                            new Column<>(
                                    "users",
                                    "USED BY",
                                    volume -> {
                                        var users = JsonNodeFactory.instance.arrayNode();
                                        volume.users().forEach(users::add);
                                        return users;
                                    },
                                    volume -> String.join(",", volume.users()))),
                    List.of("name", "path", "users"));

    @Option(
            names = "--format",
            paramLabel = "table|json|KEY,…",
            description = "How ls lists (default: table).")
    private String format = "table";

    @Parameters(index = "0", paramLabel = "ACTION", description = "create, ls, inspect, rm, prune.")
    private Action action = Action.LS;

    @Parameters(index = "1..*", arity = "0..*", paramLabel = "NAME", description = "Which.")
    private List<String> names = new ArrayList<>();

    VolumeCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int call(Pelagos pelagos) {
        boolean named = action != Action.LS && action != Action.PRUNE;
        if (names.isEmpty() == named) {
            throw new IllegalArgumentException(
                    action.name().toLowerCase(Locale.ROOT)
                            + (named ? ": takes the name of a volume" : ": takes no name"));
        }
        var volumes = pelagos.volumes();
        switch (action) {
            case CREATE -> names.forEach(name -> out().println(volumes.create(name).name()));
            case LS -> LISTING.print(out(), format, volumes.list());
            case INSPECT ->
                    LISTING.print(out(), "json", names.stream().map(volumes::find).toList());
            case RM -> {
                for (var name : names) {
                    volumes.remove(name);
                    out().println(name);
                }
            }
            case PRUNE -> volumes.prune().forEach(out()::println);
        }
        return 0;
    }
}
