package io.pelagos.core.security;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Default profiles of other projects, where the folder with such data is there. */
final class SeccompFixtures {
    private SeccompFixtures() {}

    static Path file(String name) {
        var file = Path.of(System.getProperty("pelagos.testdata", "")).resolve("seccomp", name);
        assumeTrue(Files.exists(file), () -> "no test data at " + file);
        return file;
    }
}
