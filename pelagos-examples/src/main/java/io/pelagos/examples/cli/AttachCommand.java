package io.pelagos.examples.cli;

import io.pelagos.core.Pelagos;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Shows what a container writes from now on. */
@Command(
        name = "attach",
        description = "Show what a container writes from now on; the exit code is its own.")
final class AttachCommand extends ContainerCommand {
    @Parameters(paramLabel = "CONTAINER", description = "Which.")
    private String container = "";

    AttachCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int call(Pelagos pelagos) throws InterruptedException, IOException {
        try (var stdout = new FileOutputStream(FileDescriptor.out);
                var stderr = new FileOutputStream(FileDescriptor.err)) {
            return pelagos.containers().find(container).attach(stdout, stderr).code();
        }
    }
}
