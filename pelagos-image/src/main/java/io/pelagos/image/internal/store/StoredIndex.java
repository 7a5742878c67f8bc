package io.pelagos.image.internal.store;

import io.pelagos.core.spec.Bytes;
import io.pelagos.image.spec.ImageIndex;
import java.util.List;

/**
 * An index with all its images.
 *
 * @param raw the bytes of the index
 * @param members its images in the order of the index
 */
public record StoredIndex(Bytes raw, List<Member> members) {
    /**
     * An image of an index.
     *
     * @param manifest the bytes of its manifest
     * @param config the bytes of its configuration
     */
    public record Member(Bytes manifest, Bytes config) {}

    /** Copies the list. */
    public StoredIndex {
        members = List.copyOf(members);
    }

    /**
     * Reads the index.
     *
     * @return the document
     */
    public ImageIndex index() {
        return ImageIndex.parse(raw.toArray());
    }
}
