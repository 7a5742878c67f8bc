package io.pelagos.examples.cli;

import io.pelagos.core.DetachedContainer;
import picocli.CommandLine.Command;

/** Let paused containers run on. */
@Command(name = "unpause", sortOptions = false, description = "Let paused containers run on.")
final class UnpauseCommand extends EachContainerCommand {
    UnpauseCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    Object act(DetachedContainer container, String text) {
        container.resume();
        return text;
    }
}
