package io.pelagos.bench;

import java.util.Arrays;

/**
 * The figures of one subject.
 *
 * @param name of the subject
 * @param n how many times it was measured
 * @param min the shortest, in microseconds
 * @param median half were shorter, in microseconds
 * @param p99 99 of 100 were shorter or as long, in microseconds
 */
record Summary(String name, int n, double min, double median, double p99) {
    private static final double NANOS = 1000;

    /** Summarises times in nanoseconds; percentiles are the nearest rank. */
    static Summary of(String name, long[] nanos) {
        if (nanos.length == 0) {
            throw new IllegalArgumentException(name + " was not measured");
        }
        var sorted = nanos.clone();
        Arrays.sort(sorted);
        return new Summary(
                name,
                sorted.length,
                sorted[0] / NANOS,
                at(sorted, 0.5) / NANOS,
                at(sorted, 0.99) / NANOS);
    }

    private static long at(long[] sorted, double share) {
        return sorted[Math.max(0, (int) Math.ceil(share * sorted.length) - 1)];
    }
}
