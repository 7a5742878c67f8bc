package io.pelagos.bench;

import java.io.IOException;

/**
 * Something of ours that is measured once at a time.
 *
 * @param name of the subject
 * @param once does it, and returns how long it took in nanoseconds
 * @param slow whether it takes so long that it is run once in a round
 */
record Repeated(String name, Once once, boolean slow) implements Subject {
    /** Measures once. */
    interface Once {
        /** Returns how long it took in nanoseconds. */
        long run() throws IOException, InterruptedException;
    }

    @Override
    public long[] run(int times) throws IOException, InterruptedException {
        var nanos = new long[times];
        for (int i = 0; i < times; i++) {
            nanos[i] = once.run();
        }
        return nanos;
    }
}
