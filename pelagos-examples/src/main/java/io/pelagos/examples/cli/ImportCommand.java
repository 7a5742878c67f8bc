package io.pelagos.examples.cli;

import io.pelagos.core.Pelagos;
import io.pelagos.image.Images;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Makes an image of an archive of a root file system. */
@Command(
        name = "import",
        sortOptions = false,
        description = "Make an image of an archive of a root file system, as export writes it.")
final class ImportCommand extends ContainerCommand {
    private static final String STANDARD_INPUT = "-";

    @Parameters(
            index = "0",
            paramLabel = "FILE|-",
            description = "A tar archive, compressed or not; - for standard input.")
    private String file = "";

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "NAME",
            description = "The name of the image (default: that of the file).")
    private @Nullable String name;

    @Mixin private ImageChanges changes = new ImageChanges();

    ImportCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int call(Pelagos pelagos) throws InterruptedException, IOException {
        var chosen = name == null ? nameOf(file) : name;
        try (var images = Images.open(pelagos);
                var in = opened(file)) {
            var builder = images.importRootfs(in);
            out().println(changes.applyTo(builder).tag(chosen).digest());
        }
        return 0;
    }

    static InputStream opened(String file) throws IOException {
        return file.equals(STANDARD_INPUT) ? System.in : Files.newInputStream(Path.of(file));
    }

    static String nameOf(String file) {
        if (file.equals(STANDARD_INPUT)) {
            throw new IllegalArgumentException(
                    "import -: what comes from standard input needs a NAME");
        }
        return String.valueOf(Path.of(file).getFileName())
                .toLowerCase(Locale.ROOT)
                .replaceFirst("\\.(?:tar(?:\\.[a-z0-9]+)?|tgz)$", "");
    }
}
