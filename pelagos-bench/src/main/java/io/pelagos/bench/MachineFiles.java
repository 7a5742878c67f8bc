package io.pelagos.bench;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;

/** The files of this machine below a directory, packed by tar(1) piece by piece. */
final class MachineFiles {
    private final List<Entry> entries;
    private int next;

    /** A file, or a directory, which has no bytes of its own. */
    private record Entry(Path path, long size, boolean isFile) {}

    /**
     * Looks at all of them.
     *
     * @param top the directory
     * @param largest files with more bytes are passed over
     */
    MachineFiles(Path top, long largest) throws IOException {
        var found = new ArrayList<Entry>();
        Files.walkFileTree(
                top,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult preVisitDirectory(
                            Path directory, BasicFileAttributes attributes) {
                        found.add(new Entry(directory, 0, false));
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                        boolean counts = attributes.isRegularFile() && attributes.size() <= largest;
                        if (counts || attributes.isSymbolicLink()) {
                            found.add(new Entry(file, attributes.size(), counts));
                        }
                        return FileVisitResult.CONTINUE;
                    }
                });
        entries = found;
    }

    /**
     * Packs the next ones.
     *
     * @param tar the archive
     * @param bytes how many, about
     * @param files how many
     * @throws IOException also when there are not as many left
     */
    void pack(Path tar, long bytes, int files) throws IOException, InterruptedException {
        long size = 0;
        int count = 0;
        var list = tar.resolveSibling("layer.list");
        try (var out = Files.newOutputStream(list)) {
            while (size < bytes && count < files) {
                if (next == entries.size()) {
                    throw new IOException(
                            "the files of this machine are too few: "
                                    + count
                                    + " files with "
                                    + size
                                    + " bytes");
                }
                var entry = entries.get(next++);
                write(out, entry.path());
                size += entry.isFile() ? entry.size() : 0;
                count += entry.isFile() ? 1 : 0;
            }
        }
        Command.output(
                List.of(
                        "tar",
                        "--create",
                        "--file=" + tar,
                        "--directory=/",
                        "--numeric-owner",
                        "--no-recursion",
                        "--null",
                        "--files-from=" + list));
        Files.delete(list);
    }

    /** Names end with a NUL, as find(1) writes them. */
    private static void write(OutputStream out, Path path) throws IOException {
        out.write(path.toString().substring(1).getBytes(StandardCharsets.UTF_8));
        out.write(0);
    }
}
