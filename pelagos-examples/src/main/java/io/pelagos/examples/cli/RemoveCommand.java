package io.pelagos.examples.cli;

import io.pelagos.core.DetachedContainer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Remove containers with their logs. */
@Command(name = "rm", sortOptions = false, description = "Remove containers with their logs.")
final class RemoveCommand extends EachContainerCommand {
    @Option(
            names = {"-f", "--force"},
            description = "End those that run.")
    private boolean force;

    RemoveCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    Object act(DetachedContainer container, String text) throws InterruptedException {
        container.remove(force);
        return text;
    }
}
