package io.pelagos.bench;

import java.util.Arrays;

/** What was measured of one subject, in the order of measuring, in nanoseconds. */
final class Samples {
    private long[] nanos = new long[0];

    void add(long[] more) {
        int size = nanos.length;
        nanos = Arrays.copyOf(nanos, size + more.length);
        System.arraycopy(more, 0, nanos, size, more.length);
    }

    Summary summary(String name) {
        return Summary.of(name, nanos);
    }
}
