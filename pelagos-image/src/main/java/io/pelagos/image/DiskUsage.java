package io.pelagos.image;

/**
 * How much room images and what belongs to them take, in bytes of files.
 *
 * @param layers layers as they are unpacked
 * @param blobs layers as they came, compressed
 * @param images the documents of images
 * @param volumes named volumes
 * @param buildCache results of build steps
 */
public record DiskUsage(Part layers, Part blobs, Part images, Part volumes, Part buildCache) {
    /**
     * One kind of things.
     *
     * @param count how many there are
     * @param total bytes of all
     * @param shared bytes of those that more than one image has
     * @param reclaimable bytes of those that nobody uses, which the next {@link Images#prune()}, or
     *     {@link io.pelagos.core.Volumes#prune} for volumes, would remove; of the build cache when
     *     asked to, see {@link PruneOptions#withBuildCache}
     */
    public record Part(int count, long total, long shared, long reclaimable) {}

    /**
     * Adds up all kinds.
     *
     * @return bytes of everything
     */
    public long total() {
        return layers.total()
                + blobs.total()
                + images.total()
                + volumes.total()
                + buildCache.total();
    }
}
