package io.pelagos.bench;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A program run to its end for its output. */
final class Command {
    private Command() {}

    static String output(List<String> command) throws IOException, InterruptedException {
        var builder = new ProcessBuilder(command).redirectInput(ProcessBuilder.Redirect.from(NULL));
        builder.environment().put("RAW", "1");
        var errors = Files.createTempFile("pelagos-bench-", ".err");
        try {
            var process = builder.redirectError(errors.toFile()).start();
            var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int status = process.waitFor();
            if (status != 0) {
                throw failed(command, status, errors);
            }
            return text;
        } finally {
            Files.delete(errors);
        }
    }

    /** Runs a program to its end, and returns how long it took in nanoseconds. */
    static long timed(List<String> command) throws IOException, InterruptedException {
        var errors = Files.createTempFile("pelagos-bench-", ".err");
        try {
            var builder =
                    new ProcessBuilder(command)
                            .redirectInput(ProcessBuilder.Redirect.from(NULL))
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .redirectError(errors.toFile());
            long before = System.nanoTime();
            int status = builder.start().waitFor();
            long nanos = System.nanoTime() - before;
            if (status != 0) {
                throw failed(command, status, errors);
            }
            return nanos;
        } finally {
            Files.delete(errors);
        }
    }

    private static IOException failed(List<String> command, int status, Path errors)
            throws IOException {
        return new IOException(
                String.join(" ", command)
                        + ": exit status "
                        + status
                        + ": "
                        + Files.readString(errors).strip());
    }

    /** Runs a program that leaves others behind, which keep its streams. */
    static void quietly(List<String> command) throws IOException, InterruptedException {
        var builder =
                new ProcessBuilder(command)
                        .redirectInput(ProcessBuilder.Redirect.from(NULL))
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .redirectError(ProcessBuilder.Redirect.DISCARD);
        int status = builder.start().waitFor();
        if (status != 0) {
            throw new IOException(String.join(" ", command) + ": exit status " + status);
        }
    }

    /** Reads one number of microseconds from each line of the output. */
    static long[] micros(List<String> command) throws IOException, InterruptedException {
        return output(command)
                .lines()
                .mapToLong(line -> 1000 * Long.parseLong(line.strip()))
                .toArray();
    }

    private static final File NULL = new File("/dev/null");
}
