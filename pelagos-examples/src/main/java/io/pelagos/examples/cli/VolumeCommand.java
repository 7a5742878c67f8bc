package io.pelagos.examples.cli;

import io.pelagos.core.Pelagos;
import io.pelagos.core.Volume;
import io.pelagos.core.VolumeFilter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.JsonNodeFactory;

/** Makes, lists and removes named volumes. */
@Command(
        name = "volume",
        sortOptions = false,
        customSynopsis = {
            "pelagos volume create [-l KEY=VALUE…] NAME…",
            "       pelagos volume ls [-f KEY=VALUE…] [--format …]",
            "       pelagos volume inspect|rm NAME…",
            "       pelagos volume prune [-f KEY=VALUE…]"
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
                                    volume -> String.join(",", volume.users())),
                            new Column<>(
                                    "labels",
                                    "LABELS",
                                    volume -> {
                                        var labels = JsonNodeFactory.instance.objectNode();
                                        new TreeMap<>(volume.labels()).forEach(labels::put);
                                        return labels;
                                    },
                                    volume ->
                                            new TreeMap<>(volume.labels())
                                                    .entrySet().stream()
                                                            .map(Object::toString)
                                                            .collect(Collectors.joining(",")))),
                    List.of("name", "path", "users"));

    @Option(
            names = "--format",
            paramLabel = "table|json|KEY,…",
            description = "How ls lists (default: table).")
    private String format = "table";

    @Option(
            names = {"-l", "--label"},
            paramLabel = "KEY[=VALUE]",
            description = "A label of the volumes that create makes.")
    private List<Label> labels = new ArrayList<>();

    @Option(
            names = {"-f", "--filter"},
            paramLabel = "KEY=VALUE",
            description = "What ls lists and prune removes: name=, label= or dangling=true|false.")
    private List<VolumeFilter> filters = new ArrayList<>();

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
        if (!labels.isEmpty() && action != Action.CREATE) {
            throw new IllegalArgumentException("--label: only create takes labels");
        }
        if (!filters.isEmpty() && named) {
            throw new IllegalArgumentException("--filter: only ls and prune take filters");
        }
        var volumes = pelagos.volumes();
        var chosen = filters.toArray(VolumeFilter[]::new);
        switch (action) {
            case CREATE -> {
                var all = new TreeMap<String, String>();
                labels.forEach(label -> all.put(label.key(), label.value()));
                names.forEach(name -> out().println(volumes.create(name, all).name()));
            }
            case LS -> LISTING.print(out(), format, volumes.list(chosen));
            case INSPECT ->
                    LISTING.print(out(), "json", names.stream().map(volumes::find).toList());
            case RM -> {
                for (var name : names) {
                    volumes.remove(name);
                    out().println(name);
                }
            }
            case PRUNE -> volumes.prune(chosen).forEach(out()::println);
        }
        return 0;
    }
}
