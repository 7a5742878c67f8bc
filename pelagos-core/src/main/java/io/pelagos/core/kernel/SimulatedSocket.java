package io.pelagos.core.kernel;

import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One of two connected sockets, see unix(7): bytes, and open files sent along with them. */
final class SimulatedSocket extends SimulatedFile {
    private static final int SOCK_STREAM = 1;

    /** What one call sent: data, and files that go along, each retained until it is received. */
    static final class Message {
        private final byte[] bytes;
        private final List<SimulatedFile> files;

        Message(byte[] bytes, List<SimulatedFile> files) {
            this.bytes = bytes;
            this.files = List.copyOf(files);
        }

        byte[] bytes() {
            return bytes;
        }

        List<SimulatedFile> files() {
            return files;
        }
    }

    private final boolean stream;
    private final Deque<Message> arrived = new ArrayDeque<>();
    private @Nullable SimulatedSocket peer;
    private boolean noMore;
    private boolean gone;

    private SimulatedSocket(int type) {
        this.stream = type == SOCK_STREAM;
    }

    /** Makes two sockets that are connected to each other. */
    static List<SimulatedSocket> pair(int type) {
        var one = new SimulatedSocket(type);
        var other = new SimulatedSocket(type);
        one.peer = other;
        other.peer = one;
        return List.of(one, other);
    }

    /** Receives at most so many bytes of the next message; null when none has come yet. */
    @Nullable Message receive(int max) {
        var next = arrived.poll();
        if (next == null) {
            return noMore ? new Message(new byte[0], List.of()) : null;
        }
        if (!stream) {
            return new Message(
                    Arrays.copyOf(next.bytes, Math.min(max, next.bytes.length)), next.files);
        }
        var bytes = new ByteArrayOutputStream();
        var files = next.files;
        for (var part = next; part != null; part = nextPlain(max - bytes.size())) {
            int count = Math.min(max - bytes.size(), part.bytes.length);
            bytes.write(part.bytes, 0, count);
            if (count < part.bytes.length) {
                arrived.addFirst(
                        new Message(
                                Arrays.copyOfRange(part.bytes, count, part.bytes.length),
                                List.of()));
            }
        }
        return new Message(bytes.toByteArray(), files);
    }

    /** The next message that a stream may join to what it has: one that carries no files. */
    private @Nullable Message nextPlain(int room) {
        var next = arrived.peek();
        return room > 0 && next != null && next.files.isEmpty() ? arrived.poll() : null;
    }

    /** Sends a message; fails with {@code EPIPE} when nobody can receive it. */
    long send(Message message) {
        if (peer == null || peer.gone) {
            return -Errno.EPIPE.number();
        }
        if (message.bytes.length > 0 || !stream) {
            message.files.forEach(SimulatedFile::retain);
            peer.arrived.add(message);
        }
        return message.bytes.length;
    }

    /** Says that no more will be sent. */
    void finish() {
        if (peer != null) {
            peer.noMore = true;
        }
    }

    @Override
    byte @Nullable [] take(SimulatedProcess reader, int max) {
        var message = receive(max);
        if (message == null) {
            return null;
        }
        message.files.forEach(SimulatedFile::release);
        return message.bytes;
    }

    @Override
    long put(byte[] bytes) {
        return send(new Message(bytes, List.of()));
    }

    @Override
    int ready(SimulatedProcess reader) {
        int hangup = noMore && (peer == null || peer.gone) ? POLLHUP : 0;
        return POLLOUT | (arrived.isEmpty() && !noMore ? 0 : POLLIN) | hangup;
    }

    @Override
    void closed() {
        gone = true;
        finish();
        for (var message : arrived) {
            message.files.forEach(SimulatedFile::release);
        }
        arrived.clear();
    }
}
