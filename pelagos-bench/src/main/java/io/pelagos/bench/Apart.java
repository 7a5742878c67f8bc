package io.pelagos.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Commands that see directories of their own where programs of root keep their state, so that what
 * is measured begins with nothing and leaves nothing behind.
 *
 * @param state what is seen as {@code /var/lib}
 * @param run what is seen as {@code /run}
 */
record Apart(Path state, Path run) {
    private static final String SCRIPT =
            """
            set -e
            mount --make-rprivate /
            mount --bind "$1" /var/lib
            mount --bind "$2" /run
            shift 2
            exec "$@"
            """;

    static Apart below(Scratch scratch, String name) throws IOException {
        return new Apart(
                scratch.subdirectory(name + "/state"), scratch.subdirectory(name + "/run"));
    }

    List<String> command(List<String> command) {
        var all =
                new ArrayList<>(
                        List.of(
                                "unshare",
                                "--mount",
                                "sh",
                                "-c",
                                SCRIPT,
                                "sh",
                                state.toString(),
                                run.toString()));
        all.addAll(command);
        return all;
    }

    /** Forgets what was kept. */
    void empty() throws IOException {
        for (var directory : List.of(state, run)) {
            try (var entries = java.nio.file.Files.list(directory)) {
                for (var entry : entries.toList()) {
                    Scratch.delete(entry);
                }
            }
        }
    }
}
