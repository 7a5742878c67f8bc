package io.pelagos.core.spec;

import java.util.Locale;

/**
 * An amount of memory or storage.
 *
 * @param bytes how many bytes, not negative
 */
public record ByteSize(long bytes) implements Comparable<ByteSize> {
    /** Checks that it is not negative. */
    public ByteSize {
        if (bytes < 0) {
            throw new IllegalArgumentException("size " + bytes + ": must not be negative");
        }
    }

    /**
     * Returns a size in bytes.
     *
     * @param bytes how many bytes
     * @return the size
     */
    public static ByteSize of(long bytes) {
        return new ByteSize(bytes);
    }

    /**
     * Reads a size as command lines have it: a whole number and one of {@code b}, {@code k}, {@code
     * m}, {@code g}, {@code t}, optionally followed by {@code b} or {@code ib}; the units are
     * powers of 1024.
     *
     * @param text for example {@code 64m}, {@code 1GiB} or {@code 4096}
     * @return the size
     * @throws IllegalArgumentException when it is no such text, or too large
     */
    public static ByteSize parse(String text) {
        var lower = text.strip().toLowerCase(Locale.ROOT);
        int digits = 0;
        while (digits < lower.length() && Character.isDigit(lower.charAt(digits))) {
            digits++;
        }
        int shift =
                switch (lower.substring(digits)) {
                    case "", "b" -> 0;
                    case "k", "kb", "kib" -> 10;
                    case "m", "mb", "mib" -> 20;
                    case "g", "gb", "gib" -> 30;
                    case "t", "tb", "tib" -> 40;
                    default -> -1;
                };
        if (digits == 0 || digits > 18 || shift < 0) {
            throw new IllegalArgumentException(
                    "size \"" + text + "\": must be a whole number with one of b, k, m, g, t");
        }
        long number = Long.parseLong(lower, 0, digits, 10);
        if (number > Long.MAX_VALUE >> shift) {
            throw new IllegalArgumentException("size \"" + text + "\": too large");
        }
        return new ByteSize(number << shift);
    }

    @Override
    public int compareTo(ByteSize other) {
        return Long.compare(bytes, other.bytes);
    }

    /** Returns the number with the largest unit that divides it, as in {@code 64 MiB}. */
    @Override
    public String toString() {
        String[] units = {"bytes", "KiB", "MiB", "GiB", "TiB"};
        int unit = 0;
        long number = bytes;
        while (number != 0 && number % 1024 == 0 && unit < units.length - 1) {
            number /= 1024;
            unit++;
        }
        return number + " " + units[unit];
    }
}
