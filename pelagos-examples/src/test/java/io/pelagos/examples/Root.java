package io.pelagos.examples;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What tests that start containers need. */
public final class Root {
    private Root() {}

    /** Skips the test for an ordinary user, for whom limits and devices are not to be had. */
    public static void required() throws IOException {
        assumeTrue(
                Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0),
                "containers with limits and devices need root");
    }
}
