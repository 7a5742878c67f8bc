package io.pelagos.examples.cli;

import io.pelagos.core.Pelagos;
import io.pelagos.image.Images;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes the files of a container as an archive. */
@Command(
        name = "export",
        sortOptions = false,
        description = "Write all files of a container as a tar archive, as import reads it.")
final class ExportCommand extends ContainerCommand {
    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "Where to (default: standard output).")
    private @Nullable Path output;

    @Parameters(index = "0", paramLabel = "CONTAINER", description = "Which.")
    private String container = "";

    ExportCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int call(Pelagos pelagos) throws IOException {
        var found = pelagos.containers().find(container);
        try (var images = Images.open(pelagos)) {
            if (output == null) {
                images.export(found, System.out);
                System.out.flush();
                return 0;
            }
            boolean done = false;
            try (var file = Files.newOutputStream(output)) {
                images.export(found, file);
                done = true;
            } finally {
                if (!done && Files.isRegularFile(output)) {
                    Files.deleteIfExists(output);
                }
            }
        }
        return 0;
    }
}
