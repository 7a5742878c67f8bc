package io.pelagos.image;

import org.jspecify.annotations.Nullable;

/**
 * How images are read from an archive.
 *
 * @param name what the image is to be called when the archive has one image, or null for what the
 *     archive says
 * @param allPlatforms whether of an index all images are kept, so that {@link Images#save} and
 *     {@link Images#push} send it again as it was, and not only the one for this machine
 */
public record LoadOptions(@Nullable String name, boolean allPlatforms) {
    /**
     * Makes the usual options.
     *
     * @return names as the archive says, and images for this machine
     */
    public static LoadOptions usual() {
        return new LoadOptions(null, false);
    }

    /**
     * Changes the name.
     *
     * @param other what the image is to be called
     * @return new options
     */
    public LoadOptions named(String other) {
        return new LoadOptions(other, allPlatforms);
    }

    /**
     * Keeps all images of an index. Those for other machines are kept compressed; they are not
     * unpacked.
     *
     * @return new options
     */
    public LoadOptions withAllPlatforms() {
        return new LoadOptions(name, true);
    }
}
