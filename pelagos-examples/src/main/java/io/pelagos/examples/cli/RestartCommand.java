package io.pelagos.examples.cli;

import io.pelagos.core.DetachedContainer;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** End containers and start them again. */
@Command(
        name = "restart",
        sortOptions = false,
        description = "End containers and start them again.")
final class RestartCommand extends EachContainerCommand {
    @Option(
            names = {"-t", "--time"},
            paramLabel = "TIME",
            description = "How long it may take to end by itself (default: 10).")
    private Duration time = Duration.ofSeconds(10);

    RestartCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    Object act(DetachedContainer container, String text) throws InterruptedException {
        container.restart(time);
        return text;
    }
}
