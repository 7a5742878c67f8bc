package io.pelagos.examples.cli;

import io.pelagos.image.ImageBuilder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What is said about an image that is made of files which are there. */
final class ImageChanges {
    @Option(
            names = {"-c", "--change"},
            paramLabel = "INSTRUCTION",
            description = "Change how it runs, as in a Dockerfile: \"ENV NAME=value\".")
    private List<ImageChange> changes = new ArrayList<>();

    @Option(
            names = {"-m", "--message"},
            paramLabel = "TEXT",
            description = "A remark for its history.")
    private @Nullable String message;

    @Option(
            names = {"-a", "--author"},
            paramLabel = "NAME",
            description = "Who has made it.")
    private @Nullable String author;

    ImageBuilder applyTo(ImageBuilder begun) {
        var builder = begun;
        for (var change : changes) {
            builder = change.applyTo(builder);
        }
        if (message != null) {
            builder.comment(message);
        }
        return author == null ? builder : builder.author(author);
    }
}
