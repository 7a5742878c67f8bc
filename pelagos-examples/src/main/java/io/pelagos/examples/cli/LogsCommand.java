package io.pelagos.examples.cli;

import io.pelagos.core.LogLine;
import io.pelagos.core.Pelagos;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Prints what a container has written. */
@Command(
        name = "logs",
        sortOptions = false,
        description = "Print what a container has written: each stream where it belongs.")
final class LogsCommand extends ContainerCommand {
    @Option(
            names = {"-f", "--follow"},
            description = "Go on until it ends.")
    private boolean follow;

    @Option(
            names = "--since",
            paramLabel = "TIME",
            description = "Only what is younger: a time such as 2026-01-31T12:00:00Z, or 10m.")
    private @Nullable Instant since;

    @Option(
            names = {"-n", "--tail"},
            paramLabel = "LINES",
            description = "Only the last lines of what there is; all for all.")
    private String tail = "all";

    @Option(
            names = {"-t", "--timestamps"},
            description = "With the time before each line.")
    private boolean timestamps;

    @Parameters(paramLabel = "CONTAINER", description = "Which.")
    private String container = "";

    LogsCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int call(Pelagos pelagos) throws InterruptedException {
        var logs = pelagos.containers().find(container).logs();
        if (since != null) {
            logs = logs.since(since);
        }
        if (!tail.equals("all")) {
            logs = logs.tail(Refusal.naming("--tail", () -> Long.parseLong(tail)));
        }
        if (follow) {
            logs.follow(this::print);
        } else {
            logs.lines().forEach(this::print);
        }
        return 0;
    }

    private void print(LogLine line) {
        var writer = line.source() == LogLine.Source.STDOUT ? out() : err();
        writer.println(timestamps ? line.withTime() : line.text());
        writer.flush();
    }
}
