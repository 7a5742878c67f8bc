package io.pelagos.examples.cli;

import io.pelagos.core.Pelagos;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Gives a container another name. */
@Command(name = "rename", description = "Give a container another name.")
final class RenameCommand extends ContainerCommand {
    @Parameters(index = "0", paramLabel = "CONTAINER", description = "Which.")
    private String container = "";

    @Parameters(index = "1", paramLabel = "NAME", description = "Its new name.")
    private String name = "";

    RenameCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int call(Pelagos pelagos) {
        pelagos.containers().find(container).rename(name);
        return 0;
    }
}
