package io.pelagos.image;

/**
 * What is removed from a store.
 *
 * @param dryRun whether it is only said what would be removed
 * @param unusedImages whether images go that no container uses, and not only layers that no image
 *     has
 * @param buildCache whether results of build steps go too, of those whose layer neither an image
 *     nor a container nor a lease has
 */
public record PruneOptions(boolean dryRun, boolean unusedImages, boolean buildCache) {
    /**
     * Makes the usual options.
     *
     * @return layers that no image has, removed
     */
    public static PruneOptions usual() {
        return new PruneOptions(false, false, false);
    }

    /**
     * Only says what would be removed.
     *
     * @return new options
     */
    public PruneOptions dryly() {
        return new PruneOptions(true, unusedImages, buildCache);
    }

    /**
     * Removes images that no container uses too.
     *
     * @return new options
     */
    public PruneOptions withUnusedImages() {
        return new PruneOptions(dryRun, true, buildCache);
    }

    /**
     * Removes results of build steps too whose layers nobody needs.
     *
     * @return new options
     */
    public PruneOptions withBuildCache() {
        return new PruneOptions(dryRun, unusedImages, true);
    }
}
