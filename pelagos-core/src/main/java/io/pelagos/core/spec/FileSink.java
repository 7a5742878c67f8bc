package io.pelagos.core.spec;

import java.io.IOException;
import java.io.InputStream;

/**
 * Takes the files of a tree one by one: a directory before what is in it, a file before other names
 * of it. What writes an archive is one; so is a directory of a container, into which an archive is
 * unpacked.
 */
public interface FileSink extends AutoCloseable {
    /**
     * Takes a file.
     *
     * @param entry what it is
     * @param contents what a regular file holds, to be read before this returns; else empty
     * @throws IOException when it cannot be taken
     */
    void add(FileEntry entry, InputStream contents) throws IOException;

    /**
     * Says that the tree is complete.
     *
     * @throws IOException when what is left to do fails
     */
    @Override
    void close() throws IOException;
}
