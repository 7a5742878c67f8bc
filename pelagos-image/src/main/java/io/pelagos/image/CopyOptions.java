package io.pelagos.image;

import io.pelagos.image.spec.Platform;
import org.jspecify.annotations.Nullable;

/**
 * How an image is copied from one registry to another.
 *
 * @param platform what machine it is for, or null for all that there are
 * @param listener is told how it goes on: with each blob, whether the registry had it ({@code
 *     PRESENT}) or it was sent ({@code DONE})
 */
public record CopyOptions(@Nullable Platform platform, PullListener listener) {
    /**
     * Makes the usual options.
     *
     * @return all platforms, telling nobody
     */
    public static CopyOptions usual() {
        return new CopyOptions(null, progress -> {});
    }

    /**
     * Changes the platform.
     *
     * @param other what machine the image is for; the copy then has another digest than an index
     * @return new options
     */
    public CopyOptions forPlatform(Platform other) {
        return new CopyOptions(other, listener);
    }

    /**
     * Changes who is told.
     *
     * @param other is told how it goes on
     * @return new options
     */
    public CopyOptions telling(PullListener other) {
        return new CopyOptions(platform, other);
    }
}
