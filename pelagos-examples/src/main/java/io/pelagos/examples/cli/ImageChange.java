package io.pelagos.examples.cli;

import io.pelagos.core.spec.Signal;
import io.pelagos.image.ImageBuilder;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** A change of how an image runs, written as in a Dockerfile: {@code ENV NAME=value}. */
final class ImageChange {
    private final UnaryOperator<ImageBuilder> change;

    private ImageChange(UnaryOperator<ImageBuilder> change) {
        this.change = change;
    }

    static ImageChange parse(String text) {
        var words = text.strip().split("\\s+", 2);
        if (words.length < 2) {
            throw refused(text, "must be an instruction and what it says");
        }
        var said = words[1].strip();
        return new ImageChange(
                switch (words[0].toUpperCase(Locale.ROOT)) {
                    case "CMD" -> {
                        var command = command(text, said);
                        yield builder -> builder.command(command);
                    }
                    case "ENTRYPOINT" -> {
                        var command = command(text, said);
                        yield builder -> builder.entrypoint(command);
                    }
                    case "ENV" -> {
                        var pair = pair(text, said);
                        yield builder -> builder.env(pair.getFirst(), pair.getLast());
                    }
                    case "LABEL" -> {
                        var pair = pair(text, said);
                        yield builder -> builder.label(pair.getFirst(), pair.getLast());
                    }
                    case "EXPOSE" -> builder -> builder.expose(said);
                    case "STOPSIGNAL" -> {
                        var signal = signal(text, said);
                        yield builder -> builder.stopSignal(signal);
                    }
                    case "USER" -> builder -> builder.user(said);
                    case "VOLUME" -> builder -> builder.volume(said);
                    case "WORKDIR" -> builder -> builder.workingDir(said);
                    default ->
                            throw refused(
                                    text,
                                    "must begin with CMD, ENTRYPOINT, ENV, EXPOSE, LABEL,"
                                            + " STOPSIGNAL, USER, VOLUME or WORKDIR");
                });
    }

    private static IllegalArgumentException refused(String text, String why) {
        return new IllegalArgumentException("change \"" + text + "\": " + why);
    }

    /** An array of JSON, or a line for the shell of the image. */
    private static String[] command(String text, String said) {
        if (!said.startsWith("[")) {
            return new String[] {"/bin/sh", "-c", said};
        }
        try {
            return JsonMapper.shared().readValue(said, String[].class);
        } catch (JacksonException e) {
            throw new IllegalArgumentException(
                    "change \"" + text + "\": must be an array of texts, or a command", e);
        }
    }

    private static Signal signal(String text, String said) {
        try {
            return Signal.parse(said);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("change \"" + text + "\": " + e.getMessage(), e);
        }
    }

    private static List<String> pair(String text, String said) {
        int equals = said.indexOf('=');
        if (equals < 1) {
            throw refused(text, "must be NAME=VALUE");
        }
        var value = said.substring(equals + 1);
        boolean quoted = value.length() > 1 && value.startsWith("\"") && value.endsWith("\"");
        return List.of(
                said.substring(0, equals), quoted ? value.substring(1, value.length() - 1) : value);
    }

    ImageBuilder applyTo(ImageBuilder builder) {
        return change.apply(builder);
    }
}
