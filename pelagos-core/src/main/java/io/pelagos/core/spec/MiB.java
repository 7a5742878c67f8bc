package io.pelagos.core.spec;

/** Sizes in units of 1,048,576 bytes. */
public final class MiB {
    private MiB() {}

    /**
     * Returns a size.
     *
     * @param count how many units, not negative
     * @return the size
     * @throws IllegalArgumentException when it is negative or too large
     */
    public static ByteSize of(long count) {
        if (count < 0 || count > Long.MAX_VALUE >> 20) {
            throw new IllegalArgumentException(count + " MiB: out of range");
        }
        return new ByteSize(count << 20);
    }
}
