package io.pelagos.image.internal.archive;

import io.pelagos.core.spec.Bytes;
import io.pelagos.image.internal.store.StoredIndex;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageReference;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * An image that is written to an archive.
 *
 * @param name what it is called
 * @param manifest the bytes of its manifest
 * @param config the bytes of its configuration
 * @param index all images that have the name, or null where it is one
 */
public record SavedImage(
        ImageReference name, Bytes manifest, Bytes config, @Nullable StoredIndex index) {
    /** Opens compressed layers. */
    @FunctionalInterface
    public interface Blobs {
        /**
         * Opens one.
         *
         * @param digest of its compressed form
         * @return bytes that turn out to have the digest, or end in an exception
         * @throws IOException when it is not there
         */
        InputStream open(Digest digest) throws IOException;
    }
}
