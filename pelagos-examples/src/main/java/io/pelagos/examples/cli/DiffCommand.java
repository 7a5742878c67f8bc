package io.pelagos.examples.cli;

import io.pelagos.core.Pelagos;
import io.pelagos.core.spec.Change;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Tells how the files of a container differ from those of its layers. */
@Command(
        name = "diff",
        sortOptions = false,
        description =
                "List what a container has added (A), changed (C) and deleted (D) in the layers of"
                        + " its root.")
final class DiffCommand extends ContainerCommand {
    private static final Listing<Change> LISTING =
            new Listing<>(
                    List.of(
                            Column.<Change>text(
                                            "kind",
                                            "",
                                            change -> change.kind().name().toLowerCase(Locale.ROOT))
                                    .shown(change -> change.kind().name().substring(0, 1)),
                            Column.text("path", "PATH", Change::path)),
                    List.of("kind", "path"));

    @Option(
            names = "--format",
            paramLabel = "lines|table|json|KEY,…",
            description = "How (default: lines of the letter and the path).")
    private String format = "lines";

    @Parameters(paramLabel = "CONTAINER", description = "Which.")
    private String container = "";

    DiffCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int call(Pelagos pelagos) {
        var changes = pelagos.containers().find(container).diff();
        if (format.equals("lines")) {
            changes.forEach(out()::println);
        } else {
            LISTING.print(out(), format, changes);
        }
        return 0;
    }
}
