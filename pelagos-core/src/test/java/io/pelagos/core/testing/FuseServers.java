package io.pelagos.core.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The processes that serve the roots of containers of a test by FUSE. */
public final class FuseServers {
    private static final Path PROC = Path.of("/proc");

    private FuseServers() {}

    /**
     * Finds those whose layers lie below a directory.
     *
     * @param directory where the test has its files
     * @return their process ids
     */
    public static List<Long> below(Path directory) {
        try (var processes = Files.list(PROC)) {
            return processes
                    .filter(process -> process.getFileName().toString().matches("[0-9]+"))
                    .filter(process -> comm(process).equals("fuse-overlayfs"))
                    .filter(
                            process ->
                                    links(process.resolve("fd"))
                                            .anyMatch(d -> d.startsWith(directory.toString())))
                    .map(process -> Long.valueOf(process.getFileName().toString()))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns what a process has open. */
    public static List<String> descriptors(long pid) {
        return links(PROC.resolve(pid + "/fd")).toList();
    }

    /** Returns which namespace of a kind a process is in. */
    public static String namespace(long pid, String kind) throws IOException {
        return Files.readSymbolicLink(PROC.resolve(pid + "/ns/" + kind)).toString();
    }

    private static String comm(Path process) {
        try {
            return Files.readString(process.resolve("comm")).strip();
        } catch (IOException e) {
            return "";
        }
    }

    private static Stream<String> links(Path directory) {
        try (var entries = Files.list(directory)) {
            return entries.map(FuseServers::target).toList().stream();
        } catch (IOException e) {
            return Stream.of();
        }
    }

    private static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException e) {
            return "";
        }
    }
}
