package io.pelagos.core.kernel;

import static io.pelagos.core.kernel.SimulatedCalls.has;
import static io.pelagos.core.kernel.SimulatedCalls.orAgain;
import static io.pelagos.core.kernel.SimulatedFile.BLOCKED;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Calls on connected sockets; other sockets accept everything and receive nothing. */
final class SimulatedSocketCalls {
    private static final long SOCK_CLOEXEC = 0x80000;
    private static final int SOCK_NONBLOCK = 0x800;
    private static final int SOCK_TYPE_MASK = 0xF;
    private static final int SHUT_RD = 0;
    private static final int SOL_SOCKET = 1;
    private static final int SCM_RIGHTS = 1;
    private static final int CMSG_HEADER = 16;
    private static final int MSG_CTRUNC = 8;
    private static final long MSG_DONTWAIT = 0x40;
    private static final long MSG_NOSIGNAL = 0x4000;
    private static final long MSG_CMSG_CLOEXEC = 0x40000000;

    private final SimulatedSystem system;

    SimulatedSocketCalls(SimulatedSystem system) {
        this.system = system;
    }

    long perform(SimulatedCall call) {
        return switch (call.syscall()) {
            case SOCKETPAIR -> pair(call);
            case SENDTO -> {
                var file = file(call);
                yield sent(call, 3, file, send(file, call.bytes(1, call.integer(2)), List.of()));
            }
            case SENDMSG -> {
                var header = new Header(call.memory(), call.argument(1));
                yield sent(
                        call,
                        2,
                        file(call),
                        send(file(call), header.gather(), rights(call, header)));
            }
            case RECVFROM -> receiveFrom(call);
            case RECVMSG -> receiveMessage(call);
            case SHUTDOWN -> {
                if (call.integer(1) != SHUT_RD && file(call) instanceof SimulatedSocket socket) {
                    socket.finish();
                }
                yield 0;
            }
            default -> throw new IllegalArgumentException(call.syscall().callName());
        };
    }

    private static SimulatedFile file(SimulatedCall call) {
        return call.process().table().file(call.integer(0));
    }

    private static long pair(SimulatedCall call) {
        var pair = SimulatedSocket.pair(call.integer(1) & SOCK_TYPE_MASK);
        for (var socket : pair) {
            socket.flags = call.integer(1) & SOCK_NONBLOCK;
        }
        SimulatedFileCalls.storePair(
                call, 3, pair.getFirst(), pair.getLast(), has(call, 1, SOCK_CLOEXEC));
        return 0;
    }

    private static long send(SimulatedFile file, byte[] bytes, List<SimulatedFile> files) {
        return file instanceof SimulatedSocket socket
                ? socket.send(new SimulatedSocket.Message(bytes, files))
                : file.put(bytes);
    }

    /** Finishes a call that sends: a broken connection also gives a signal, unless unwanted. */
    private long sent(SimulatedCall call, int flags, SimulatedFile file, long result) {
        if (result == -Errno.EPIPE.number() && !has(call, flags, MSG_NOSIGNAL)) {
            system.signal(call.process(), SimulatedSignals.SIGPIPE);
        }
        return orAgain(file, result);
    }

    private static long receiveFrom(SimulatedCall call) {
        var file = file(call);
        var bytes = file.take(call.process(), call.integer(2));
        if (bytes == null) {
            return waiting(call, 3, file);
        }
        call.store(1, bytes);
        if (call.argument(5) != 0) {
            // The sender has no name.
            call.memory().writeInt(call.argument(5), 0);
        }
        return bytes.length;
    }

    private static long waiting(SimulatedCall call, int flags, SimulatedFile file) {
        return has(call, flags, MSG_DONTWAIT) ? -Errno.EAGAIN.number() : orAgain(file, BLOCKED);
    }

    private static long receiveMessage(SimulatedCall call) {
        var file = file(call);
        var header = new Header(call.memory(), call.argument(1));
        var message =
                file instanceof SimulatedSocket socket
                        ? socket.receive(header.room())
                        : new SimulatedSocket.Message(new byte[0], List.of());
        if (message == null) {
            return waiting(call, 2, file);
        }
        header.scatter(message.bytes());
        accept(call, header, message.files());
        return message.bytes().length;
    }

    /** Finds the files that a message carries along. */
    private static List<SimulatedFile> rights(SimulatedCall call, Header header) {
        var files = new ArrayList<SimulatedFile>();
        if (header.controlLength() >= CMSG_HEADER) {
            long control = header.control();
            var memory = call.memory();
            if (memory.readInt(control + 8) != SOL_SOCKET
                    || memory.readInt(control + 12) != SCM_RIGHTS) {
                throw new SimulatedFailure(Errno.EINVAL);
            }
            long end = control + memory.readLong(control);
            for (long at = control + CMSG_HEADER; at + 4 <= end; at += 4) {
                files.add(call.process().table().file(memory.readInt(at)));
            }
        }
        return files;
    }

    /** Opens the files of a message as far as there is room for their numbers. */
    private static void accept(SimulatedCall call, Header header, List<SimulatedFile> files) {
        long room = Math.max(0, header.controlLength() - CMSG_HEADER) / 4;
        int count = (int) Math.min(room, files.size());
        var memory = call.memory();
        long control = header.control();
        for (int i = 0; i < count; i++) {
            int fd = call.process().table().open(files.get(i), has(call, 2, MSG_CMSG_CLOEXEC));
            memory.writeInt(control + CMSG_HEADER + 4L * i, fd);
        }
        files.forEach(SimulatedFile::release);
        if (count > 0) {
            memory.writeLong(control, CMSG_HEADER + 4L * count);
            memory.writeInt(control + 8, SOL_SOCKET);
            memory.writeInt(control + 12, SCM_RIGHTS);
        }
        header.finish(
                count == 0 ? 0 : CMSG_HEADER + (4L * count + 7) / 8 * 8,
                count < files.size() ? MSG_CTRUNC : 0);
    }

    /**
     * A {@code struct msghdr}: name at 0, vector of buffers at 16 and their number at 24, control
     * data at 32 and its length at 40, flags at 48.
     *
     * @param memory where it lies
     * @param address at which address
     */
    private record Header(SimulatedMemory memory, long address) {
        private long buffers() {
            return memory.readLong(address + 24);
        }

        private long buffer(long index) {
            return memory.readLong(memory.readLong(address + 16) + 16 * index);
        }

        private int length(long index) {
            return (int) memory.readLong(memory.readLong(address + 16) + 16 * index + 8);
        }

        long control() {
            return memory.readLong(address + 32);
        }

        long controlLength() {
            return control() == 0 ? 0 : memory.readLong(address + 40);
        }

        int room() {
            int room = 0;
            for (long i = 0; i < buffers(); i++) {
                room += length(i);
            }
            return room;
        }

        byte[] gather() {
            var bytes = new ByteArrayOutputStream();
            for (long i = 0; i < buffers(); i++) {
                bytes.writeBytes(memory.read(buffer(i), length(i)));
            }
            return bytes.toByteArray();
        }

        void scatter(byte[] bytes) {
            int at = 0;
            for (long i = 0; i < buffers(); i++) {
                int count = Math.min(length(i), bytes.length - at);
                memory.write(buffer(i), Arrays.copyOfRange(bytes, at, at + count));
                at += count;
            }
        }

        void finish(long controlLength, int flags) {
            memory.writeInt(address + 8, 0);
            memory.writeLong(address + 40, Math.min(controlLength, memory.readLong(address + 40)));
            memory.writeInt(address + 48, flags);
        }
    }
}
