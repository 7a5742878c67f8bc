package io.pelagos.examples.cli;

import io.pelagos.core.DetachedContainer;
import picocli.CommandLine.Command;

/** Start containers again that have ended. */
@Command(
        name = "start",
        sortOptions = false,
        description = "Start containers again that have ended.")
final class StartCommand extends EachContainerCommand {
    StartCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    Object act(DetachedContainer container, String text) {
        container.start();
        return text;
    }
}
