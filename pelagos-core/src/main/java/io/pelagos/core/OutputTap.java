package io.pelagos.core;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * An output of a container that others may look at while it goes to the application: each gets
 * every byte, whoever of them reads it from the pipe.
 *
 * <p>The application reads the pipe as if nobody else were there. While somebody waits for what is
 * written, {@link #pump} reads too, so that a container goes on whose output nobody has asked for
 * yet; what it has read is kept for the application, up to {@value #MOST_UNREAD} bytes. Beyond
 * those the oldest are dropped, and counted. The last {@value #MOST_PAST} bytes that the
 * application has read are kept for whoever looks later.
 */
final class OutputTap extends InputStream {
    /** How much is kept for an application that does not read: 8 MiB. */
    static final int MOST_UNREAD = 1 << 23;

    /** How much is kept of what the application has read: 16 KiB. */
    static final int MOST_PAST = 1 << 14;

    private static final int CHUNK = 1 << 16;

    /** How long another thread may take to read what is there. */
    private static final Duration OTHERS_TURN = Duration.ofSeconds(1);

    private final InputStream pipe;

    /** Guards all that follows. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Condition changed = lock.newCondition();
    private final List<Viewer> viewers = new ArrayList<>();
    private final Deque<Chunk> unread = new ArrayDeque<>();
    private int unreadSize;
    private final ByteTail past = new ByteTail(MOST_PAST);
    private long dropped;
    private boolean reading;
    private boolean ended;

    /** Bytes that nobody changes. */
    private static final class Chunk {
        private final byte[] bytes;
        private final int from;

        Chunk(byte[] bytes, int from) {
            this.bytes = bytes;
            this.from = from;
        }

        int size() {
            return bytes.length - from;
        }
    }

    /** Takes what is written; called in order and by one thread at a time. */
    interface Viewer {
        /**
         * Takes bytes.
         *
         * @param bytes no longer valid when this returns
         */
        void view(byte[] bytes, int offset, int length);
    }

    OutputTap(InputStream pipe) {
        this.pipe = pipe;
    }

    /** Shows somebody what there is of the past, and then everything that is read. */
    void add(Viewer viewer) {
        lock.lock();
        try {
            var read = past.bytes();
            viewer.view(read, 0, read.length);
            unread.forEach(chunk -> viewer.view(chunk.bytes, chunk.from, chunk.size()));
            viewers.add(viewer);
        } finally {
            lock.unlock();
        }
    }

    void remove(Viewer viewer) {
        lock.lock();
        try {
            viewers.remove(viewer);
        } finally {
            lock.unlock();
        }
    }

    /** Returns how many bytes nobody has read in time. */
    long dropped() {
        lock.lock();
        try {
            return dropped;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Reads ahead of the application until the end of file.
     *
     * @throws InterruptedIOException when the thread is interrupted; nothing is lost
     */
    void pump() throws IOException {
        var chunk = new byte[CHUNK];
        for (int count; (count = fromPipe(chunk, 0, chunk.length, true)) >= 0; ) {
            assert count > 0;
        }
    }

    /** Reads ahead what is there now. */
    void pumpAvailable() throws IOException, InterruptedException {
        var chunk = new byte[CHUNK];
        while (isMoreThere()) {
            if (fromPipe(chunk, 0, chunk.length, true) < 0) {
                return;
            }
        }
    }

    /** The application, where it is reading, gets what is there; that is waited for. */
    private boolean isMoreThere() throws IOException, InterruptedException {
        lock.lock();
        try {
            long patience = OTHERS_TURN.toNanos();
            while (reading && patience > 0) {
                patience = changed.awaitNanos(patience);
            }
            return !reading && !ended && pipe.available() > 0;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        return length == 0 ? 0 : fromPipe(bytes, offset, length, false);
    }

    /** Reads the pipe when it is this thread's turn, unless the application has some bytes left. */
    private int fromPipe(byte[] bytes, int offset, int length, boolean ahead) throws IOException {
        lock.lock();
        try {
            while (true) {
                if (!ahead && !unread.isEmpty()) {
                    return take(bytes, offset, length);
                }
                if (ended) {
                    return -1;
                }
                if (!reading) {
                    break;
                }
                changed.await();
            }
            reading = true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while another thread reads");
        } finally {
            lock.unlock();
        }
        int count = 0;
        try {
            count = pipe.read(bytes, offset, length);
            return count;
        } finally {
            haveRead(bytes, offset, count, ahead);
        }
    }

    private void haveRead(byte[] bytes, int offset, int count, boolean ahead) {
        lock.lock();
        try {
            reading = false;
            ended |= count < 0;
            if (count > 0) {
                viewers.forEach(viewer -> viewer.view(bytes, offset, count));
                if (ahead) {
                    keepUnread(copy(bytes, offset, count));
                } else {
                    past.add(bytes, offset, count);
                }
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private static Chunk copy(byte[] bytes, int offset, int count) {
        var copy = new byte[count];
        System.arraycopy(bytes, offset, copy, 0, count);
        return new Chunk(copy, 0);
    }

    private void keepUnread(Chunk chunk) {
        unread.addLast(chunk);
        unreadSize += chunk.size();
        while (unreadSize > MOST_UNREAD) {
            int size = unread.removeFirst().size();
            unreadSize -= size;
            dropped += size;
        }
    }

    private int take(byte[] bytes, int offset, int length) {
        var chunk = unread.removeFirst();
        int count = Math.min(length, chunk.size());
        System.arraycopy(chunk.bytes, chunk.from, bytes, offset, count);
        if (count < chunk.size()) {
            unread.addFirst(new Chunk(chunk.bytes, chunk.from + count));
        }
        unreadSize -= count;
        past.add(bytes, offset, count);
        return count;
    }

    @Override
    public int available() throws IOException {
        lock.lock();
        try {
            // Who reads the pipe has it to himself until there is something.
            return unreadSize + (ended || reading ? 0 : pipe.available());
        } finally {
            lock.unlock();
        }
    }

    @Override
    public long transferTo(OutputStream out) throws IOException {
        var bytes = new byte[CHUNK];
        long total = 0;
        for (int count; (count = read(bytes)) >= 0; ) {
            out.write(bytes, 0, count);
            total += count;
        }
        return total;
    }

    @Override
    public void close() throws IOException {
        pipe.close();
    }
}
