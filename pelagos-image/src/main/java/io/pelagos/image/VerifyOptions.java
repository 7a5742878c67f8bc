package io.pelagos.image;

/**
 * How an image is verified.
 *
 * @param files whether each file of its unpacked layers is compared with the layer, which needs as
 *     much room in the store for a while as those layers take that are looked at at the same time
 */
public record VerifyOptions(boolean files) {
    /**
     * Makes the usual options.
     *
     * @return everything is compared
     */
    public static VerifyOptions usual() {
        return new VerifyOptions(true);
    }

    /**
     * Looks at the unpacked layers only for whether they were unpacked to their ends, which writes
     * nothing.
     *
     * @return new options
     */
    public VerifyOptions quickly() {
        return new VerifyOptions(false);
    }
}
