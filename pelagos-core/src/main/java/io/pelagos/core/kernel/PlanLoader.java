package io.pelagos.core.kernel;

import io.pelagos.core.internal.elf.StaticElf;
import io.pelagos.core.internal.elf.Step;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * A program that receives a plan and becomes it: an interpreter like that of {@link PlanImage}, at
 * other addresses, whose steps make room where a plan lies, receive messages from a socket (the
 * encoded steps; the data, with descriptors as rights) and go on at the first step received.
 *
 * <p>Each message begins with a word that says what it is. Steps may come more than once, so that
 * those of the plan that is expected can be there long before the data says that it is that one.
 *
 * <p>Received descriptors get the lowest numbers that are free, in order, see unix(7). The program
 * has closed all but those that it was given, so their numbers are known.
 */
final class PlanLoader {
    /** How many bytes of steps it takes. */
    static final int STEPS_SIZE = 1 << 17;

    /** How much memory the data of a plan may take. */
    static final int DATA_SIZE = 1 << 20;

    /** How many bytes of data it takes; the rest is zero. */
    static final int MESSAGE_SIZE = 1 << 16;

    /** How many descriptors it takes. */
    static final int DESCRIPTORS = 64;

    private static final int PROT_READ_WRITE = 3;

    /** {@code MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE}. */
    private static final int FIXED_ANONYMOUS = 0x02 | 0x20 | 0x100000;

    private static final int CLOSE_ALL = -1;

    /** {@code MSG_CTRUNC | MSG_TRUNC}: something did not fit. */
    private static final long TRUNCATED = 0x08 | 0x20;

    private static final long STEPS_FOLLOW = 1;
    private static final long DATA_FOLLOWS = 2;
    private static final int MSG_PEEK = 2;

    // The loader's own data.
    private static final int SCRATCH = StaticElf.LOADER_DATA;
    private static final int COUNT = SCRATCH + 8;
    private static final int WORD = COUNT + 8;
    private static final int STEPS_VECTOR = WORD + 8;
    private static final int STEPS_MESSAGE = STEPS_VECTOR + 32;
    private static final int DATA_VECTOR = STEPS_MESSAGE + 56;
    private static final int DATA_MESSAGE = DATA_VECTOR + 32;
    private static final int RIGHTS = DATA_MESSAGE + 56;
    private static final int RIGHTS_SIZE = 16 + 4 * DESCRIPTORS;
    private static final int END = RIGHTS + RIGHTS_SIZE;

    /** The offset of {@code msg_flags} in {@code struct msghdr}. */
    private static final int MESSAGE_FLAGS = 48;

    private static final int LOOK = 4;
    private static final int EXIT = 15;

    private final Architecture architecture;
    private final ByteBuffer steps =
            ByteBuffer.allocate((EXIT + 1) * Step.SIZE).order(ByteOrder.LITTLE_ENDIAN);

    private PlanLoader(Architecture architecture) {
        this.architecture = architecture;
    }

    /** Tells whether it has room for a plan. */
    static boolean takes(LaunchPlan plan, int descriptors) {
        return plan.encoded().length <= STEPS_SIZE
                && plan.dataSize() <= DATA_SIZE
                && plan.data().length <= MESSAGE_SIZE
                && descriptors <= DESCRIPTORS;
    }

    /**
     * Makes the program.
     *
     * @param architecture what it runs on
     * @param kept the descriptors that it keeps, rising and without a gap
     * @param socket which of them brings the plan
     * @return the bytes of the executable
     */
    static byte[] image(Architecture architecture, List<Integer> kept, int socket) {
        var loader = new PlanLoader(architecture);
        loader.write(kept, socket);
        var used = new byte[loader.steps.position()];
        loader.steps.get(0, used);
        return StaticElf.loader(architecture.elfMachine(), used, data());
    }

    private void write(List<Integer> kept, int socket) {
        int exit = address(EXIT);
        map(LaunchPlan.DATA, DATA_SIZE, exit);
        int first = LaunchPlan.STEPS & -0x1000;
        map(first, LaunchPlan.STEPS - first + STEPS_SIZE, exit);
        call(Syscall.CLOSE_RANGE, exit, 0, kept.getFirst() - 1, 0);
        call(Syscall.CLOSE_RANGE, exit, kept.getLast() + 1, CLOSE_ALL, 0);
        assert steps.position() == LOOK * Step.SIZE;
        int data = address(LOOK + 7);
        call(Syscall.RECVFROM, exit, socket, WORD, Long.BYTES, MSG_PEEK, 0, 0);
        branch(load(COUNT), 0xffffffffL, 0, exit);
        branch(load(WORD), -1, DATA_FOLLOWS, data);
        receive(socket, STEPS_MESSAGE, exit);
        branch(load(STEPS_MESSAGE + MESSAGE_FLAGS), TRUNCATED, 0, address(LOOK));
        branch(0, 0, 0, exit);
        assert address(0) + steps.position() == data;
        receive(socket, DATA_MESSAGE, exit);
        branch(load(DATA_MESSAGE + MESSAGE_FLAGS), TRUNCATED, 0, LaunchPlan.STEPS);
        branch(0, 0, 0, exit);
        assert address(0) + steps.position() == exit;
        call(Syscall.EXIT_GROUP, exit, 0);
    }

    private static int address(int step) {
        return StaticElf.LOADER_STEPS + step * Step.SIZE;
    }

    private void map(int address, int size, int exit) {
        call(Syscall.MMAP, exit, address, size, PROT_READ_WRITE, FIXED_ANONYMOUS, -1, 0);
    }

    /** Nothing, or an error, means that the JVM has ended or wants no more. */
    private void receive(int socket, int message, int exit) {
        call(Syscall.RECVMSG, exit, socket, message, 0);
        branch(load(COUNT), 0xffffffffL, 0, exit);
    }

    private void call(Syscall syscall, int onError, long... arguments) {
        steps.putInt(syscall.number(architecture)).putInt(0);
        put(arguments);
        steps.putInt(COUNT).putInt(onError);
    }

    /** An operand that is loaded from an address. */
    private record Load(int address) {}

    private static Load load(int address) {
        return new Load(address);
    }

    private void branch(Load value, long mask, long expected, int target) {
        steps.putInt(Step.BRANCH).putShort((short) 1).putShort((short) 0);
        put(value.address(), mask, expected);
        steps.putInt(SCRATCH).putInt(target);
    }

    private void branch(long value, long mask, long expected, int target) {
        steps.putInt(Step.BRANCH).putInt(0);
        put(value, mask, expected);
        steps.putInt(SCRATCH).putInt(target);
    }

    private void put(long... arguments) {
        for (int i = 0; i < Step.MAX_ARGUMENTS; i++) {
            steps.putLong(i < arguments.length ? arguments[i] : 0);
        }
    }

    private static byte[] data() {
        var data = ByteBuffer.allocate(END - StaticElf.LOADER_DATA).order(ByteOrder.LITTLE_ENDIAN);
        data.putLong(0).putLong(0).putLong(0);
        vector(data, LaunchPlan.STEPS, STEPS_SIZE);
        // struct msghdr { name; namelen; iov; iovlen; control; controllen; flags; }
        data.putLong(0).putLong(0).putLong(STEPS_VECTOR).putLong(2).putLong(0).putLong(0);
        data.putLong(0);
        vector(data, LaunchPlan.DATA, MESSAGE_SIZE);
        data.putLong(0).putLong(0).putLong(DATA_VECTOR).putLong(2);
        data.putLong(RIGHTS).putLong(RIGHTS_SIZE).putLong(0);
        return data.array();
    }

    /** Two {@code struct iovec}: the word that says what it is, and the rest of a message. */
    private static void vector(ByteBuffer data, int address, int size) {
        data.putLong(WORD).putLong(Long.BYTES).putLong(address).putLong(size);
    }

    /**
     * Sends the steps of a plan to a process that waits for one, ahead of the data.
     *
     * @param calls makes the calls
     * @param socket the JVM's end
     * @param plan what the process may become; {@link #takes taken}
     * @throws ErrnoException EPIPE or ECONNRESET when the process has ended
     */
    static void sendSteps(SystemCalls calls, Fd socket, LaunchPlan plan) {
        try (var memory = Memory.open()) {
            send(calls, socket, memory, STEPS_FOLLOW, plan.encoded(), List.of());
        }
    }

    /**
     * Sends the data of a plan to a process that has its steps, and lets it begin.
     *
     * @param calls makes the calls
     * @param socket the JVM's end
     * @param plan what the process becomes; {@link #takes taken}
     * @param descriptors what it gets
     * @throws ErrnoException EPIPE or ECONNRESET when the process has ended
     */
    static void sendData(SystemCalls calls, Fd socket, LaunchPlan plan, List<Integer> descriptors) {
        try (var memory = Memory.open()) {
            send(calls, socket, memory, DATA_FOLLOWS, plan.data(), descriptors);
        }
    }

    private static final int MSG_NOSIGNAL = 0x4000;

    /** {@code cmsg_level} SOL_SOCKET and {@code cmsg_type} SCM_RIGHTS. */
    private static final long SCM_RIGHTS = 1L << 32 | 1;

    private static void send(
            SystemCalls calls,
            Fd socket,
            Memory memory,
            long word,
            byte[] bytes,
            List<Integer> descriptors) {
        var vector =
                memory.block(32)
                        .putLong(0, memory.block(8).putLong(0, word).address())
                        .putLong(8, Long.BYTES)
                        .putLong(16, memory.bytes(bytes).address())
                        .putLong(24, bytes.length);
        var message = memory.block(56).putLong(16, vector.address()).putLong(24, 2);
        if (!descriptors.isEmpty()) {
            // struct cmsghdr { size_t cmsg_len; int cmsg_level, cmsg_type; }
            int length = 16 + 4 * descriptors.size();
            var rights = memory.block(length + 7 & ~7).putLong(0, length).putLong(8, SCM_RIGHTS);
            for (int i = 0; i < descriptors.size(); i++) {
                rights.putInt(16 + 4 * i, descriptors.get(i));
            }
            message.putLong(32, rights.address()).putLong(40, rights.size());
        }
        SystemCalls.check(
                calls.retry(Syscall.SENDMSG, socket.number(), message.address(), MSG_NOSIGNAL),
                Syscall.SENDMSG,
                socket,
                "{" + bytes.length + " bytes}",
                "MSG_NOSIGNAL");
    }
}
