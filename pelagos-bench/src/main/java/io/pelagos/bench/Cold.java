package io.pelagos.bench;

import java.io.File;
import java.nio.file.Path;
import java.util.List;

/**
 * New JVMs: our command line, and an empty program with the same flags. Both are timed by {@link
 * ProcessBuilder}.
 */
final class Cold {
    private Cold() {}

    static List<Subject> subjects(Path checkout, Path root) {
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var jar = System.getProperty("java.class.path").split(File.pathSeparator, -1)[0];
        return List.of(
                new PlainProcess(
                        "cold-run",
                        List.of(
                                checkout.resolve("bin/pelagos").toString(),
                                "run",
                                root.toString(),
                                "true"),
                        true),
                new PlainProcess(
                        "cold-hello",
                        List.of(
                                java,
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "-cp",
                                jar,
                                Hello.class.getName()),
                        true));
    }
}
