package io.pelagos.examples.cli;

import io.pelagos.core.DetachedContainer;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** End containers: ask them to, and make them. */
@Command(
        name = "stop",
        sortOptions = false,
        description = "End containers: ask them to, and make them.")
final class StopCommand extends EachContainerCommand {
    @Option(
            names = {"-t", "--time"},
            paramLabel = "TIME",
            description = "How long it may take to end by itself (default: 10).")
    private Duration time = Duration.ofSeconds(10);

    StopCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    Object act(DetachedContainer container, String text) throws InterruptedException {
        var ignored = container.stop(time);
        return text;
    }
}
