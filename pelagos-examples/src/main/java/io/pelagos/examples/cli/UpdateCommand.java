package io.pelagos.examples.cli;

import io.pelagos.core.DetachedContainer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Changes limits of containers that run. */
@Command(
        name = "update",
        sortOptions = false,
        description = "Change limits of containers that run; a later start has the old ones.")
final class UpdateCommand extends EachContainerCommand {
    @Mixin private ResourceOptions resources = new ResourceOptions();

    UpdateCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    Object act(DetachedContainer container, String text) {
        container
                .limits(resources.resources())
                .forEach(warning -> err().println("pelagos: warning: " + warning));
        return text;
    }
}
