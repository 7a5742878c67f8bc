package io.pelagos.examples.cli;

import io.pelagos.core.Pelagos;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Lists the processes of a container. */
@Command(
        name = "top",
        sortOptions = false,
        description = "List the processes of a container, with their ids on the host.")
final class TopCommand extends ContainerCommand {
    private static final Listing<ProcessHandle> LISTING =
            new Listing<>(
                    List.of(
                            Column.number("pid", "PID", ProcessHandle::pid),
                            Column.number(
                                    "ppid",
                                    "PPID",
                                    p -> p.parent().map(ProcessHandle::pid).orElse(0L)),
                            Column.text("user", "USER", p -> p.info().user().orElse("?")),
                            Column.text(
                                    "time",
                                    "TIME",
                                    p -> time(p.info().totalCpuDuration().orElse(Duration.ZERO))),
                            Column.text(
                                    "command",
                                    "COMMAND",
                                    p ->
                                            p.info()
                                                    .commandLine()
                                                    .or(() -> p.info().command())
                                                    .orElse("?"))),
                    List.of("pid", "ppid", "user", "time", "command"));

    @Option(
            names = "--format",
            paramLabel = "table|json|KEY,…",
            description = "How (default: table).")
    private String format = "table";

    @Parameters(paramLabel = "CONTAINER", description = "Which.")
    private String container = "";

    TopCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int call(Pelagos pelagos) {
        var all =
                pelagos.containers().find(container).processes().stream()
                        .flatMap(pid -> ProcessHandle.of(pid).stream())
                        .toList();
        LISTING.print(out(), format, all);
        return 0;
    }

    private static String time(Duration spent) {
        return "%d:%02d.%02d"
                .formatted(spent.toMinutes(), spent.toSecondsPart(), spent.toMillisPart() / 10);
    }
}
