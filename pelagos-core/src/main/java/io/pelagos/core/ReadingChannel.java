package io.pelagos.core;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;
import java.util.concurrent.locks.ReentrantLock;

/** Reads a regular file that is open. */
final class ReadingChannel implements SeekableByteChannel {
    private static final int CHUNK = 1 << 16;

    private final FileCalls files;
    private final SystemCalls calls;
    private final Fd file;
    private final ReentrantLock lock = new ReentrantLock();
    private long position;

    ReadingChannel(FileCalls files, Fd file) {
        this.files = files;
        this.calls = files.calls();
        this.file = file;
    }

    /** What is done while the file is open. */
    private interface Action<T> {
        T run() throws IOException;
    }

    private <T> T whileOpen(Action<T> action) throws IOException {
        lock.lock();
        try {
            if (!file.isOpen()) {
                throw new ClosedChannelException();
            }
            return action.run();
        } catch (ErrnoException e) {
            throw new IOException(e.getMessage(), e);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        return whileOpen(
                () -> {
                    int wanted = Math.min(into.remaining(), CHUNK);
                    if (wanted == 0) {
                        return 0;
                    }
                    try (var memory = Memory.open()) {
                        var buffer = memory.block(wanted);
                        long count =
                                SystemCalls.check(
                                        calls.retry(
                                                Syscall.PREAD64,
                                                file.number(),
                                                buffer.address(),
                                                wanted,
                                                position),
                                        Syscall.PREAD64,
                                        file,
                                        "…",
                                        wanted,
                                        position);
                        if (count == 0) {
                            return -1;
                        }
                        into.put(buffer.get(0, (int) count));
                        position += count;
                        return (int) count;
                    }
                });
    }

    @Override
    public long position() throws IOException {
        return whileOpen(() -> position);
    }

    @Override
    public SeekableByteChannel position(long newPosition) throws IOException {
        if (newPosition < 0) {
            throw new IllegalArgumentException("position " + newPosition + ": is negative");
        }
        return whileOpen(
                () -> {
                    position = newPosition;
                    return this;
                });
    }

    @Override
    public long size() throws IOException {
        return whileOpen(() -> files.status(file).size());
    }

    @Override
    public int write(ByteBuffer from) {
        throw new NonWritableChannelException();
    }

    @Override
    public SeekableByteChannel truncate(long size) {
        throw new NonWritableChannelException();
    }

    @Override
    public boolean isOpen() {
        return file.isOpen();
    }

    @Override
    public void close() {
        lock.lock();
        try {
            file.close();
        } finally {
            lock.unlock();
        }
    }
}
