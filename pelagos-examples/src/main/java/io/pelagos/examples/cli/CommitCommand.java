package io.pelagos.examples.cli;

import io.pelagos.core.Pelagos;
import io.pelagos.image.Images;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Makes an image of what a container has changed. */
@Command(
        name = "commit",
        sortOptions = false,
        description =
                "Make an image of what a container has changed in the files of the one it runs.")
final class CommitCommand extends ContainerCommand {
    @Parameters(index = "0", paramLabel = "CONTAINER", description = "Which.")
    private String container = "";

    @Parameters(index = "1", paramLabel = "NAME", description = "The name of the image.")
    private String name = "";

    @Mixin private ImageChanges changes = new ImageChanges();

    CommitCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int call(Pelagos pelagos) throws InterruptedException {
        try (var images = Images.open(pelagos)) {
            var builder = images.commit(pelagos.containers().find(container));
            out().println(changes.applyTo(builder).tag(name).digest());
        }
        return 0;
    }
}
