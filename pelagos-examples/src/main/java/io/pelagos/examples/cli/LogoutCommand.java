package io.pelagos.examples.cli;

import io.pelagos.core.Pelagos;
import io.pelagos.image.Images;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Forgets who asks a registry. */
@Command(
        name = "logout",
        sortOptions = false,
        customSynopsis = "pelagos logout [REGISTRY]",
        description = "Forget user and password for a registry.")
final class LogoutCommand extends ContainerCommand {
    @Parameters(
            arity = "0..1",
            paramLabel = "REGISTRY",
            description = "Which, as HOST[:PORT] (default: docker.io).")
    private String registry = "docker.io";

    LogoutCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int call(Pelagos pelagos) {
        try (var images = Images.open(pelagos)) {
            out().println("removed from " + images.logout(registry));
        }
        return 0;
    }
}
