package io.pelagos.core.kernel;

import java.io.InputStream;
import java.io.OutputStream;

/**
 * Descriptors as streams of java.io that wait in a {@link Poller}.
 *
 * <p>A thread that waits in such a stream is parked: a virtual thread leaves its carrier, and
 * thousands may wait at once. A waiting stream holds no memory outside the heap.
 *
 * <p>The streams have no buffer of their own: each read and write is one system call that moves at
 * most 64 KiB. Wrap them for reading or writing single bytes.
 *
 * <p>A stream sets {@code O_NONBLOCK} on its descriptor. That is a property of the open file
 * description: the other end of a pipe or socket pair is another one and stays as it is, while a
 * duplicate of the descriptor, and one that is shared with another process, becomes non-blocking
 * too.
 *
 * <p>Interrupting a thread that waits ends its read or write with {@link
 * java.io.InterruptedIOException}, whose {@code bytesTransferred} is what had been moved. The
 * stream stays open and the thread interrupted.
 */
public final class Streams {
    private final Poller poller;
    private final Buffers buffers = new Buffers();

    /**
     * Makes streams that wait in a poller.
     *
     * @param poller where they wait; it is to be closed after the streams
     */
    public Streams(Poller poller) {
        this.poller = poller;
    }

    /**
     * Makes a stream that reads a descriptor.
     *
     * <p>Closing the stream closes the descriptor; a thread that is reading meanwhile gets an
     * {@link java.io.IOException}. The stream reads at most one thread at a time; others wait for
     * their turn.
     *
     * @param fd the reading end of a pipe, a socket, a terminal or a file, owned by the stream from
     *     now on
     * @return the stream
     * @throws ErrnoException when the descriptor cannot be made non-blocking; it stays the caller's
     */
    public InputStream input(Fd fd) {
        return new FdInputStream(new FdGate(poller, fd), buffers);
    }

    /**
     * Makes a stream that writes to a descriptor.
     *
     * <p>Closing the stream closes the descriptor; a thread that is writing meanwhile gets an
     * {@link java.io.IOException}. Two writes never mix: the second begins when the first is done.
     * Writing to a pipe or socket that nobody reads any more fails with "Broken pipe".
     *
     * @param fd the writing end of a pipe, a socket, a terminal or a file, owned by the stream from
     *     now on
     * @return the stream
     * @throws ErrnoException when the descriptor cannot be made non-blocking; it stays the caller's
     */
    public OutputStream output(Fd fd) {
        return new FdOutputStream(new FdGate(poller, fd), buffers);
    }
}
