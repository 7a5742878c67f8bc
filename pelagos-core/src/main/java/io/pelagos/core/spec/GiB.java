package io.pelagos.core.spec;

/** Sizes in units of 1,073,741,824 bytes. */
public final class GiB {
    private GiB() {}

    /**
     * Returns a size.
     *
     * @param count how many units, not negative
     * @return the size
     * @throws IllegalArgumentException when it is negative or too large
     */
    public static ByteSize of(long count) {
        if (count < 0 || count > Long.MAX_VALUE >> 30) {
            throw new IllegalArgumentException(count + " GiB: out of range");
        }
        return new ByteSize(count << 30);
    }
}
