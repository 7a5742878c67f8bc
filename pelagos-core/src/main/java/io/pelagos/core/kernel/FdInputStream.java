package io.pelagos.core.kernel;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Objects;

/** Reads a descriptor, see {@link Streams#input}. */
final class FdInputStream extends InputStream {
    /** {@code FIONREAD} of asm-generic/ioctls.h: how many bytes can be read at once. */
    private static final int FIONREAD = 0x541B;

    private static final int END_OF_FILE = -1;

    private final FdGate gate;
    private final Buffers buffers;

    FdInputStream(FdGate gate, Buffers buffers) {
        this.gate = gate;
        this.buffers = buffers;
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) == END_OF_FILE ? END_OF_FILE : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] into, int at, int length) throws IOException {
        Objects.checkFromIndexSize(at, length, into.length);
        return length == 0 ? 0 : receive(length, (buffer, count) -> buffer.get(into, at, count));
    }

    @Override
    public long skip(long count) throws IOException {
        long skipped = 0;
        while (skipped < count) {
            int step =
                    receive((int) Math.min(count - skipped, Buffers.SIZE), (buffer, length) -> {});
            if (step == END_OF_FILE) {
                break;
            }
            skipped += step;
        }
        return skipped;
    }

    @Override
    public long transferTo(OutputStream out) throws IOException {
        Objects.requireNonNull(out, "out");
        var bytes = new byte[Buffers.SIZE];
        long total = 0;
        for (int count = read(bytes); count != END_OF_FILE; count = read(bytes)) {
            out.write(bytes, 0, count);
            total += count;
        }
        return total;
    }

    @Override
    public int available() throws IOException {
        gate.enter();
        try (var buffer = buffers.borrow()) {
            long result = gate.call(Syscall.IOCTL, FIONREAD, buffer.address());
            if (result == -Errno.ENOTTY.number()) {
                return 0;
            }
            if (result < 0) {
                throw gate.failed(Syscall.IOCTL, result);
            }
            return buffer.getInt();
        } finally {
            gate.leave();
        }
    }

    @Override
    public void close() {
        gate.close();
    }

    /**
     * Reads once, as soon as there is something, and hands it over while it is outside the heap.
     */
    private int receive(int length, Receiver receiver) throws IOException {
        gate.enter();
        try {
            while (true) {
                long result = tryReceive(Math.min(length, Buffers.SIZE), receiver);
                if (result >= 0) {
                    return result == 0 ? END_OF_FILE : (int) result;
                }
                if (result != -Errno.EAGAIN.number()) {
                    throw gate.failed(Syscall.READ, result);
                }
                gate.awaitReadable();
            }
        } finally {
            gate.leave();
        }
    }

    private long tryReceive(int length, Receiver receiver) throws IOException {
        try (var buffer = buffers.borrow()) {
            long result = gate.call(Syscall.READ, buffer.address(), length);
            if (result > 0) {
                receiver.accept(buffer, (int) result);
            }
            return result;
        }
    }

    /** What becomes of the bytes that were read. */
    private interface Receiver {
        void accept(Buffers.Buffer buffer, int count);
    }
}
