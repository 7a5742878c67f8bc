package io.pelagos.examples.cli;

import io.pelagos.core.DetachedContainer;
import picocli.CommandLine.Command;

/** Freeze all processes of containers. */
@Command(name = "pause", sortOptions = false, description = "Freeze all processes of containers.")
final class PauseCommand extends EachContainerCommand {
    PauseCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    Object act(DetachedContainer container, String text) {
        container.pause();
        return text;
    }
}
