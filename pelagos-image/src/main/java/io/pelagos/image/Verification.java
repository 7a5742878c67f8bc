package io.pelagos.image;

import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageReference;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was found when an image was read again from beginning to end.
 *
 * @param reference the image
 * @param damages what is wrong with it, in the order of its layers
 */
public record Verification(ImageReference reference, List<Damage> damages) {
    /** Copies the list. */
    public Verification {
        damages = List.copyOf(damages);
    }

    /** What is wrong. */
    public enum Kind {
        /** A document is not what its digest says, or is not there. */
        DOCUMENT,
        /** The compressed form of a layer is not there: the image runs, but cannot be sent. */
        BLOB_MISSING,
        /** The compressed form of a layer has another digest, or cannot be read. */
        BLOB,
        /** A layer is not there unpacked, or was not unpacked to its end. */
        TREE,
        /** A file of a layer that is there unpacked is not as in the layer. */
        FILE
    }

    /**
     * One thing that is wrong.
     *
     * @param kind what
     * @param layer the digest of the layer's compressed form, or null when it is none
     * @param detail a sentence for people
     */
    public record Damage(Kind kind, @Nullable Digest layer, String detail) {}

    /**
     * Tells whether everything is as it should be.
     *
     * @return true if so
     */
    public boolean sound() {
        return damages.isEmpty();
    }
}
