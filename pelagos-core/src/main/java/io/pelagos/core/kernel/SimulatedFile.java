package io.pelagos.core.kernel;

import org.jspecify.annotations.Nullable;

/**
 * An open file description: what descriptors of one or more simulated processes refer to. As it is,
 * this class is a file of which the simulation knows nothing: empty, and accepting everything.
 */
class SimulatedFile {
    /** The result of a call that has to wait. */
    static final long BLOCKED = Long.MIN_VALUE;

    static final int POLLIN = 1;
    static final int POLLOUT = 4;
    static final int POLLERR = 8;
    static final int POLLHUP = 16;

    private static final int O_NONBLOCK = 0x800;

    /** The status flags that fcntl(2) reads and sets. */
    int flags;

    private int references;

    /** Notes one more descriptor, or one more message on its way, that refers to this. */
    final void retain() {
        references++;
    }

    /** Notes one less. */
    final void release() {
        references--;
        if (references == 0) {
            closed();
        }
    }

    final boolean nonblocking() {
        return (flags & O_NONBLOCK) != 0;
    }

    /** Takes what a read(2) gets: nothing at end of file, null when there is nothing yet. */
    byte @Nullable [] take(SimulatedProcess reader, int max) {
        return new byte[0];
    }

    /** Takes what a write(2) gives: how much, a negated error number, or {@link #BLOCKED}. */
    long put(byte[] bytes) {
        return bytes.length;
    }

    /** Returns the events of poll(2) that hold now. */
    int ready(SimulatedProcess reader) {
        return POLLIN | POLLOUT;
    }

    /** The last reference is gone. */
    void closed() {}
}
