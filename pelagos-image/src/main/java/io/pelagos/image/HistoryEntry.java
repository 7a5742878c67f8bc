package io.pelagos.image;

import io.pelagos.image.spec.ImageConfig;
import org.jspecify.annotations.Nullable;

/**
 * One step of how an image came to be.
 *
 * @param step what was done, as far as its author tells
 * @param layer what it made, or null when it changed no files
 */
public record HistoryEntry(ImageConfig.History step, @Nullable Layer layer) {
    static final ImageConfig.History UNTOLD =
            new ImageConfig.History(null, null, null, null, false);
}
