package io.pelagos.core.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Assumptions;

/**
 * A small program, {@code try.c} beside this class, that does in a container what no command does:
 * single system calls, and the steps of attacks.
 */
public final class TryProgram {
    private static final String GCC = "/usr/bin/gcc";

    private TryProgram() {}

    /** Compiles it; without a compiler the test is skipped. */
    public static void into(Path executable) {
        Assumptions.assumeTrue(
                Files.isExecutable(Path.of(GCC)), "needs " + GCC + ": Debian's gcc and libc6-dev");
        try (var source =
                Objects.requireNonNull(TryProgram.class.getResourceAsStream("try.c"), "try.c")) {
            var gcc =
                    new ProcessBuilder(GCC, "-static", "-O1", "-o", executable.toString())
                            .redirectErrorStream(true);
            gcc.command().addAll(java.util.List.of("-x", "c", "-"));
            var compiling = gcc.start();
            try (var input = compiling.getOutputStream()) {
                source.transferTo(input);
            }
            var messages = new String(compiling.getInputStream().readAllBytes(), UTF_8);
            if (compiling.waitFor() != 0) {
                throw new IllegalStateException(messages);
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
