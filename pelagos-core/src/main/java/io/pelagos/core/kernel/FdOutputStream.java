package io.pelagos.core.kernel;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.Objects;

/** Writes to a descriptor, see {@link Streams#output}. */
final class FdOutputStream extends OutputStream {
    private final FdGate gate;
    private final Buffers buffers;

    FdOutputStream(FdGate gate, Buffers buffers) {
        this.gate = gate;
        this.buffers = buffers;
    }

    @Override
    public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] from, int at, int length) throws IOException {
        Objects.checkFromIndexSize(at, length, from.length);
        gate.enter();
        int done = 0;
        try {
            while (done < length) {
                done += send(from, at + done, Math.min(length - done, Buffers.SIZE));
            }
        } catch (InterruptedIOException e) {
            e.bytesTransferred = done;
            throw e;
        } finally {
            gate.leave();
        }
    }

    @Override
    public void close() {
        gate.close();
    }

    /** Writes once, as soon as there is room. */
    private int send(byte[] from, int at, int length) throws IOException {
        while (true) {
            long result = trySend(from, at, length);
            if (result >= 0) {
                return (int) result;
            }
            if (result != -Errno.EAGAIN.number()) {
                throw gate.failed(Syscall.WRITE, result);
            }
            gate.awaitWritable();
        }
    }

    private long trySend(byte[] from, int at, int length) throws IOException {
        try (var buffer = buffers.borrow()) {
            buffer.put(from, at, length);
            return gate.call(Syscall.WRITE, buffer.address(), length);
        }
    }
}
