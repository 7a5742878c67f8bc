package io.pelagos.core.kernel;

import java.util.List;
import java.util.stream.IntStream;

/**
 * {@code struct epoll_event { uint32_t events; epoll_data_t data; }}, see epoll_ctl(2) and
 * epoll_event(3type).
 *
 * <p>It is packed on x86_64, so that it is the same for 32-bit programs, and nowhere else.
 *
 * @param size the size of one event in bytes
 * @param data where the 64 bits are that the kernel hands back
 */
record EpollEvent(int size, int data) {
    static final int EPOLLIN = 0x1;
    static final int EPOLLPRI = 0x2;
    static final int EPOLLOUT = 0x4;
    static final int EPOLLERR = 0x8;
    static final int EPOLLHUP = 0x10;
    static final int EPOLLRDHUP = 0x2000;
    static final int EPOLLONESHOT = 1 << 30;

    static EpollEvent of(Architecture architecture) {
        return switch (architecture) {
            case X86_64 -> new EpollEvent(12, 4);
            case AARCH64 -> new EpollEvent(16, 8);
        };
    }

    /** Writes the only event of a block. */
    Memory.Block put(Memory.Block block, int events, long token) {
        return block.putInt(0, events).putLong(data, token);
    }

    /** Reads the first events of a block. */
    List<Occurred> get(Memory.Block block, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> (long) i * size)
                .map(at -> new Occurred(block.getInt(at), block.getLong(at + data)))
                .toList();
    }

    /** What happened to the registration with a token. */
    record Occurred(int events, long token) {}
}
