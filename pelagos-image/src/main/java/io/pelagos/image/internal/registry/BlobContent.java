package io.pelagos.image.internal.registry;

import java.io.IOException;
import java.io.InputStream;

/** The bytes of a blob that is sent. */
@FunctionalInterface
public interface BlobContent {
    /**
     * Opens them.
     *
     * @return the bytes from the beginning, to be closed
     * @throws IOException when they cannot be read
     */
    InputStream open() throws IOException;
}
