package io.pelagos.image.internal.archive;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A new directory that is written as if it were an archive. */
public final class DirectoryTarget implements ArchiveTarget {
    private final Path directory;

    /**
     * Begins.
     *
     * @param directory an empty directory
     */
    public DirectoryTarget(Path directory) {
        this.directory = directory;
    }

    @Override
    public void file(String name, long size, InputStream contents) throws IOException {
        var file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        try (var out = Files.newOutputStream(file, StandardOpenOption.CREATE_NEW)) {
            long written = contents.transferTo(out);
            if (written != size) {
                throw new IOException(name + " has " + written + " bytes, but should have " + size);
            }
        }
    }

    @Override
    public void close() {
        // Each file is complete.
    }
}
