package io.pelagos.bench;

import java.io.IOException;

/** One way to start {@code true} in isolation and to wait for its end. */
interface Subject extends AutoCloseable {
    /** Returns what the rows and ratios call it. */
    String name();

    /**
     * Starts and waits, several times in a row.
     *
     * @param times how often
     * @return how long each took, in nanoseconds
     * @throws IOException when it could not be started
     * @throws InterruptedException when the thread is interrupted
     */
    long[] run(int times) throws IOException, InterruptedException;

    /** Tells whether it takes so long that it is run once in a round. */
    default boolean slow() {
        return false;
    }

    /** Removes everything it has made. */
    @Override
    default void close() throws IOException {}
}
