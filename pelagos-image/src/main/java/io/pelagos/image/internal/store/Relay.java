package io.pelagos.image.internal.store;

import io.pelagos.image.internal.layer.BulkInput;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Reads ahead on a thread of its own, so that what fetches and what unpacks use two processors. It
 * holds at most a few buffers.
 */
final class Relay extends BulkInput {
    private static final int BUFFERS = 16;
    private static final int SIZE = 1 << 16;

    private final InputStream source;
    private final BlockingQueue<Piece> full = new ArrayBlockingQueue<>(BUFFERS);
    private final BlockingQueue<byte[]> free = new ArrayBlockingQueue<>(BUFFERS + 2);
    private final Thread reader;
    private @Nullable Piece current;
    private int at;

    /** Some bytes; or the end, with why if it is not the real one. */
    private static final class Piece {
        private final byte[] bytes;
        private final int length;
        private final @Nullable Throwable failure;

        Piece(byte[] bytes, int length, @Nullable Throwable failure) {
            this.bytes = bytes;
            this.length = length;
            this.failure = failure;
        }
    }

    Relay(InputStream source, String name) {
        this.source = source;
        reader = Thread.ofVirtual().name(name).start(this::run);
    }

    private void run() {
        Piece last;
        try {
            while (true) {
                var buffer = free.poll();
                var bytes = buffer == null ? new byte[SIZE] : buffer;
                int count = source.readNBytes(bytes, 0, bytes.length);
                if (count > 0) {
                    full.put(new Piece(bytes, count, null));
                }
                if (count < bytes.length) {
                    last = new Piece(bytes, 0, null);
                    break;
                }
            }
        } catch (InterruptedException _) {
            return;
        } catch (IOException | RuntimeException | Error e) {
            last = new Piece(new byte[0], 0, e);
        }
        try {
            full.put(last);
        } catch (InterruptedException _) {
            // Nobody reads any more.
        }
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        var piece = current;
        if (piece == null || (at == piece.length && piece.length > 0)) {
            piece = next(piece);
        }
        if (piece.length == 0) {
            return ended(piece);
        }
        int count = Math.min(length, piece.length - at);
        System.arraycopy(piece.bytes, at, into, offset, count);
        at += count;
        return count;
    }

    private Piece next(@Nullable Piece used) throws IOException {
        if (used != null) {
            // The queue of free buffers holds all that there are.
            var _ = free.offer(used.bytes);
        }
        try {
            var piece = full.take();
            current = piece;
            at = 0;
            return piece;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    private static int ended(Piece piece) throws IOException {
        return switch (piece.failure) {
            case null -> -1;
            case IOException e -> throw e;
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable e -> throw new IOException(e);
        };
    }

    /** Breaks the reading off, wherever it is, and waits until it has ended. */
    @Override
    public void close() throws IOException {
        reader.interrupt();
        boolean interrupted = false;
        while (true) {
            try {
                reader.join();
                break;
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        source.close();
    }
}
