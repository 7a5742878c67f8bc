package io.pelagos.image;

import java.util.List;

/**
 * What was removed from a store, or would be.
 *
 * @param removed each thing
 */
public record Pruned(List<Removed> removed) {
    /** Copies the list. */
    public Pruned {
        removed = List.copyOf(removed);
    }

    /** What kind of thing it was. */
    public enum Kind {
        /** A name of an image, with its documents. */
        IMAGE,
        /** A layer, compressed and unpacked. */
        LAYER,
        /** The result of a build step. */
        BUILD_CACHE
    }

    /**
     * One thing.
     *
     * @param kind what kind
     * @param name the reference of an image, the digest of a layer's compressed form, or the key of
     *     a build step
     * @param bytes of its files
     */
    public record Removed(Kind kind, String name, long bytes) {}

    /**
     * Adds up what was freed.
     *
     * @return bytes of files
     */
    public long bytes() {
        return removed.stream().mapToLong(Removed::bytes).sum();
    }
}
