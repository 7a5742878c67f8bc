package io.pelagos.examples.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A file of {@code NAME=VALUE} lines; empty lines and those that begin with {@code #} say nothing.
 */
final class EnvFile {
    private EnvFile() {}

    static List<EnvOption> read(Path file) {
        var variables = new ArrayList<EnvOption>();
        int number = 0;
        for (var line : lines(file)) {
            number++;
            var text = line.stripLeading();
            if (text.isEmpty() || text.startsWith("#")) {
                continue;
            }
            try {
                variables.add(EnvOption.parse(text));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "--env-file " + file + ": line " + number + ": " + e.getMessage(), e);
            }
        }
        return variables;
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException("--env-file " + file + ": cannot be read", e);
        }
    }
}
