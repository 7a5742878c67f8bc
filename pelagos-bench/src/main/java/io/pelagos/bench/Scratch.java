package io.pelagos.bench;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A temporary directory with a root file system of busybox in it, removed at the end.
 *
 * @param directory everything of this run is below it
 */
record Scratch(Path directory) implements AutoCloseable {
    private static final List<String> APPLETS = List.of("true", "sleep", "echo", "sh");

    /** Makes one with nothing in it. */
    static Scratch empty(Path parent) throws IOException {
        return new Scratch(Files.createTempDirectory(parent, "pelagos-bench-"));
    }

    static Scratch make(Path parent) throws IOException {
        var scratch = empty(parent);
        var busybox = Path.of("/bin/busybox");
        if (!Files.isExecutable(busybox)) {
            scratch.close();
            throw new IOException(busybox + " is missing: apt-get install busybox-static");
        }
        var bin = Files.createDirectories(scratch.root().resolve("bin"));
        Files.copy(busybox, bin.resolve("busybox"));
        for (var applet : APPLETS) {
            Files.createSymbolicLink(bin.resolve(applet), Path.of("busybox"));
        }
        for (var place : List.of("proc", "sys", "dev", "tmp", "etc")) {
            Files.createDirectories(scratch.root().resolve(place));
        }
        return scratch;
    }

    Path root() {
        return directory.resolve("root");
    }

    Path subdirectory(String name) throws IOException {
        return Files.createDirectories(directory.resolve(name));
    }

    /** Returns the type of the file system, which decides about what files cost. */
    String fileSystem() throws IOException {
        return Files.getFileStore(directory).type();
    }

    @Override
    public void close() throws IOException {
        delete(directory);
    }

    /** Removes a directory with all that is in it. */
    static void delete(Path directory) throws IOException {
        Files.walkFileTree(
                directory,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        Files.delete(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(
                            Path visited, @Nullable IOException failure) throws IOException {
                        if (failure != null) {
                            throw failure;
                        }
                        Files.delete(visited);
                        return FileVisitResult.CONTINUE;
                    }
                });
    }
}
