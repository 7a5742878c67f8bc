package io.pelagos.examples.cli;

import io.pelagos.core.DetachedContainer;
import picocli.CommandLine.Command;

/** Wait until containers have ended, and print their exit codes. */
@Command(
        name = "wait",
        sortOptions = false,
        description = "Wait until containers have ended, and print their exit codes.")
final class WaitCommand extends EachContainerCommand {
    WaitCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    Object act(DetachedContainer container, String text) throws InterruptedException {
        return container.waitFor().code();
    }
}
