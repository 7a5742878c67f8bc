package io.pelagos.core;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;

/**
 * What a detached container writes from now on, as a stream that is read: a virtual thread follows
 * the logs until the container ends or the stream is closed.
 */
final class DetachedOutput extends InputStream {
    private static final System.Logger LOG = System.getLogger(DetachedOutput.class.getName());

    /** How many chunks wait for who reads; then the thread does. */
    private static final int AHEAD = 16;

    private static final byte[] END = {};

    private final BlockingQueue<byte[]> chunks = new ArrayBlockingQueue<>(AHEAD);
    private final CompletableFuture<Void> begun = new CompletableFuture<>();
    private final Thread following;
    private byte[] chunk = END;
    private int at;
    private boolean ended;

    /** Begins; what is written after this has returned is read. */
    DetachedOutput(DetachedContainer container) {
        following =
                Thread.ofVirtual()
                        .name("pelagos-output-" + container.name())
                        .start(() -> follow(container));
        begun.join();
    }

    private void follow(DetachedContainer container) {
        var queue =
                new OutputStream() {
                    @Override
                    public void write(int b) throws IOException {
                        write(new byte[] {(byte) b}, 0, 1);
                    }

                    @Override
                    public void write(byte[] bytes, int offset, int length) throws IOException {
                        var copy = new byte[length];
                        System.arraycopy(bytes, offset, copy, 0, length);
                        try {
                            chunks.put(copy);
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                            throw new InterruptedIOException("closed");
                        }
                    }
                };
        try {
            copy(container, queue);
            chunks.put(END);
        } catch (IOException | InterruptedException e) {
            LOG.log(System.Logger.Level.TRACE, "closed", e);
        }
    }

    /** A container that is removed meanwhile writes nothing more. */
    private void copy(DetachedContainer container, OutputStream queue)
            throws IOException, InterruptedException {
        try {
            container.logs().copyNew(queue, queue, () -> begun.complete(null));
        } catch (PelagosException | IllegalStateException e) {
            LOG.log(System.Logger.Level.DEBUG, "no longer following " + container, e);
        } finally {
            begun.complete(null);
        }
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (ended || (at == chunk.length && !next())) {
            return -1;
        }
        int count = Math.min(length, chunk.length - at);
        System.arraycopy(chunk, at, bytes, offset, count);
        at += count;
        return count;
    }

    private boolean next() throws IOException {
        try {
            chunk = chunks.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while reading");
        }
        at = 0;
        ended = chunk.length == 0;
        return !ended;
    }

    @Override
    public int available() {
        return chunk.length - at;
    }

    @Override
    public void close() {
        following.interrupt();
    }
}
