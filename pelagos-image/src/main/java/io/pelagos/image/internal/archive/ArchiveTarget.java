package io.pelagos.image.internal.archive;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Takes the files of an archive one by one. */
public interface ArchiveTarget extends AutoCloseable {
    /**
     * Takes a file.
     *
     * @param name its path in the archive
     * @param size in bytes
     * @param contents that many bytes
     * @throws IOException when it cannot be written, or has another size
     */
    void file(String name, long size, InputStream contents) throws IOException;

    /**
     * Takes a small file.
     *
     * @param name its path in the archive
     * @param contents what it holds
     * @throws IOException when it cannot be written
     */
    default void file(String name, byte[] contents) throws IOException {
        file(name, contents.length, new ByteArrayInputStream(contents));
    }

    /**
     * Says that the archive is complete.
     *
     * @throws IOException when its end cannot be written
     */
    @Override
    void close() throws IOException;
}
