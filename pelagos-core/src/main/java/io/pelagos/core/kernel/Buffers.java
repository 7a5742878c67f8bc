package io.pelagos.core.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * Memory outside the heap that is lent for the time of one system call which does not block.
 *
 * <p>A thread does not leave its processor during such a call, so there are never many more buffers
 * than processors, however many streams wait: a stream that waits holds none. They are freed when
 * the pool becomes unreachable.
 */
final class Buffers {
    /** The size of a buffer, which is also the capacity of a pipe. */
    static final int SIZE = 1 << 16;

    private final ConcurrentLinkedDeque<MemorySegment> idle = new ConcurrentLinkedDeque<>();
    private final Arena arena = Arena.ofAuto();

    Buffer borrow() {
        var segment = idle.pollFirst();
        return new Buffer(segment == null ? arena.allocate(SIZE, 8) : segment);
    }

    /** A borrowed buffer. */
    final class Buffer implements AutoCloseable {
        private final MemorySegment segment;

        private Buffer(MemorySegment segment) {
            this.segment = segment;
        }

        long address() {
            return segment.address();
        }

        int getInt() {
            return segment.get(JAVA_INT, 0);
        }

        void get(byte[] into, int at, int length) {
            MemorySegment.copy(segment, JAVA_BYTE, 0, into, at, length);
        }

        void put(byte[] from, int at, int length) {
            MemorySegment.copy(from, at, segment, JAVA_BYTE, 0, length);
        }

        /** Gives the buffer back. */
        @Override
        public void close() {
            idle.addFirst(segment);
        }
    }
}
