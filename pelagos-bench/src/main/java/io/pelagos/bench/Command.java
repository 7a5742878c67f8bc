package io.pelagos.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A program run to its end for its output. */
final class Command {
    private Command() {}

    static String output(List<String> command) throws IOException, InterruptedException {
        var builder = new ProcessBuilder(command).redirectInput(ProcessBuilder.Redirect.from(NULL));
        builder.environment().put("RAW", "1");
        var errors = java.nio.file.Files.createTempFile("pelagos-bench-", ".err");
        try {
            var process = builder.redirectError(errors.toFile()).start();
            var text =
                    new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int status = process.waitFor();
            if (status != 0) {
                throw new IOException(
                        String.join(" ", command)
                                + ": exit status "
                                + status
                                + ": "
                                + java.nio.file.Files.readString(errors).strip());
            }
            return text;
        } finally {
            java.nio.file.Files.delete(errors);
        }
    }

    /** Reads one number of microseconds from each line of the output. */
    static long[] micros(List<String> command) throws IOException, InterruptedException {
        return output(command).lines().mapToLong(line -> 1000 * Long.parseLong(line.strip())).toArray();
    }

    private static final java.io.File NULL = new java.io.File("/dev/null");
}
