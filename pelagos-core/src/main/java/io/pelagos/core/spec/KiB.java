package io.pelagos.core.spec;

/** Sizes in units of 1024 bytes. */
public final class KiB {
    private KiB() {}

    /**
     * Returns a size.
     *
     * @param count how many units, not negative
     * @return the size
     * @throws IllegalArgumentException when it is negative or too large
     */
    public static ByteSize of(long count) {
        if (count < 0 || count > Long.MAX_VALUE >> 10) {
            throw new IllegalArgumentException(count + " KiB: out of range");
        }
        return new ByteSize(count << 10);
    }
}
