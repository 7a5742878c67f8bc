package io.pelagos.core.kernel;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A pipe, see pipe(7). A write that does not fit waits until it does. */
final class SimulatedPipe {
    static final int CAPACITY = 65536;

    private byte[] content = {};
    private boolean readable = true;
    private boolean writable = true;

    final SimulatedFile readEnd = new ReadEnd();
    final SimulatedFile writeEnd = new WriteEnd();

    private final class ReadEnd extends SimulatedFile {
        @Override
        byte @Nullable [] take(SimulatedProcess reader, int max) {
            if (content.length == 0 && writable && max > 0) {
                return null;
            }
            var taken = Arrays.copyOf(content, Math.min(max, content.length));
            content = Arrays.copyOfRange(content, taken.length, content.length);
            return taken;
        }

        @Override
        int ready(SimulatedProcess reader) {
            return (content.length > 0 ? POLLIN : 0) | (writable ? 0 : POLLHUP);
        }

        @Override
        long put(byte[] bytes) {
            return -Errno.EBADF.number();
        }

        @Override
        void closed() {
            readable = false;
        }
    }

    private final class WriteEnd extends SimulatedFile {
        @Override
        byte[] take(SimulatedProcess reader, int max) {
            throw new SimulatedFailure(Errno.EBADF);
        }

        @Override
        long put(byte[] bytes) {
            if (!readable) {
                return -Errno.EPIPE.number();
            }
            int room = CAPACITY - content.length;
            if (bytes.length > room && (room == 0 || bytes.length <= CAPACITY)) {
                return BLOCKED;
            }
            var joined = new ByteArrayOutputStream();
            int count = Math.min(room, bytes.length);
            joined.writeBytes(content);
            joined.write(bytes, 0, count);
            content = joined.toByteArray();
            return count;
        }

        @Override
        int ready(SimulatedProcess reader) {
            return (content.length < CAPACITY ? POLLOUT : 0) | (readable ? 0 : POLLERR);
        }

        @Override
        void closed() {
            writable = false;
        }
    }
}
