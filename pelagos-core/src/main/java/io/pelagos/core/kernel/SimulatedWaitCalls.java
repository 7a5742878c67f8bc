package io.pelagos.core.kernel;

import static io.pelagos.core.kernel.SimulatedCalls.has;
import static io.pelagos.core.kernel.SimulatedFile.BLOCKED;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * Calls that wait for something. Time does not pass here: a finite timeout is over at once when
 * nothing has happened yet.
 */
final class SimulatedWaitCalls {
    private static final int POLLFD_SIZE = 8;
    private static final int POLLNVAL = 32;
    private static final int P_ALL = 0;
    private static final int P_PID = 1;
    private static final int P_PIDFD = 3;
    private static final long WNOHANG = 1;
    private static final long WNOWAIT = 0x01000000;
    private static final int CLD_EXITED = 1;
    private static final int CLD_KILLED = 2;
    private static final int SIGINFO_SIZE = 128;
    private static final long CLOEXEC = 0x80000;

    private final SimulatedSystem system;

    SimulatedWaitCalls(SimulatedSystem system) {
        this.system = system;
    }

    long perform(SimulatedCall call) {
        return switch (call.syscall()) {
            case PPOLL -> poll(call);
            case EPOLL_CREATE1 ->
                    call.process().table().open(new SimulatedEvents.Epoll(), has(call, 0, CLOEXEC));
            case EPOLL_CTL -> control(call);
            case EPOLL_PWAIT -> waitForEvents(call);
            case WAITID -> waitForState(call);
            case WAIT4 -> waitForEnd(call);
            case RT_SIGTIMEDWAIT -> waitForSignal(call);
            case SIGNALFD4 -> signalfd(call);
            default -> throw new IllegalArgumentException(call.syscall().callName());
        };
    }

    /** {@code struct pollfd { int fd; short events; short revents; }}. */
    private static long poll(SimulatedCall call) {
        int happened = 0;
        for (int i = 0; i < call.integer(1); i++) {
            long at = call.argument(0) + (long) POLLFD_SIZE * i;
            int fd = call.memory().readInt(at);
            int events = call.memory().readInt(at + 4) & 0xFFFF;
            int found = fd < 0 ? 0 : found(call.process(), fd, events);
            call.memory().writeInt(at + 4, events | found << 16);
            happened += found == 0 ? 0 : 1;
        }
        return happened > 0 || call.argument(2) != 0 ? happened : BLOCKED;
    }

    private static int found(SimulatedProcess process, int fd, int events) {
        var file = process.table().find(fd);
        if (file == null) {
            return POLLNVAL;
        }
        int wanted = events | SimulatedFile.POLLERR | SimulatedFile.POLLHUP;
        return file.ready(process) & wanted;
    }

    private static SimulatedEvents.Epoll epoll(SimulatedCall call) {
        return call.process()
                .table()
                .file(call.integer(0), SimulatedEvents.Epoll.class, Errno.EINVAL);
    }

    /** The size of {@code struct epoll_event}, which only x86_64 packs. */
    private int eventSize() {
        return system.architecture() == Architecture.X86_64 ? 12 : 16;
    }

    private long control(SimulatedCall call) {
        var file = call.process().table().file(call.integer(2));
        long event = call.argument(3);
        int events = event == 0 ? 0 : call.memory().readInt(event);
        long data = event == 0 ? 0 : call.memory().readLong(event + eventSize() - 8);
        return epoll(call).control(call.integer(1), call.integer(2), file, events, data);
    }

    private long waitForEvents(SimulatedCall call) {
        var events = epoll(call).poll(call.process(), call.integer(2));
        long at = call.argument(1);
        for (var event : events) {
            call.memory().writeInt(at, event.events());
            call.memory().writeLong(at + eventSize() - 8, event.data());
            at += eventSize();
        }
        return events.isEmpty() && call.integer(3) < 0 ? BLOCKED : events.size();
    }

    private long waitForState(SimulatedCall call) {
        var candidates =
                switch (call.integer(0)) {
                    case P_ALL -> system.childrenOf(call.process());
                    case P_PID -> children(call.process(), call.integer(1));
                    case P_PIDFD -> {
                        var pidfd =
                                call.process()
                                        .table()
                                        .file(
                                                call.integer(1),
                                                SimulatedEvents.Pidfd.class,
                                                Errno.EBADF);
                        yield children(call.process(), pidfd.process.pid());
                    }
                    default -> throw new SimulatedFailure(Errno.EINVAL);
                };
        if (candidates.isEmpty()) {
            return -Errno.ECHILD.number();
        }
        for (var child : candidates) {
            if (!child.alive()) {
                storeInfo(call, siginfo(child));
                child.reaped = !has(call, 3, WNOWAIT);
                return 0;
            }
        }
        if (has(call, 3, WNOHANG)) {
            storeInfo(call, new byte[SIGINFO_SIZE]);
            return 0;
        }
        return BLOCKED;
    }

    private List<SimulatedProcess> children(SimulatedProcess parent, int pid) {
        return system.childrenOf(parent).stream().filter(child -> child.pid() == pid).toList();
    }

    private static void storeInfo(SimulatedCall call, byte[] info) {
        if (call.argument(2) != 0) {
            call.store(2, info);
        }
    }

    /** {@code siginfo_t}: signo, errno, code, padding, pid, uid, status. */
    private static byte[] siginfo(SimulatedProcess child) {
        boolean exited = child.state() == SimulatedProcess.State.EXITED;
        return ByteBuffer.allocate(SIGINFO_SIZE)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(SimulatedSignals.SIGCHLD)
                .putInt(0)
                .putInt(exited ? CLD_EXITED : CLD_KILLED)
                .putInt(0)
                .putInt(child.pid())
                .putInt(0)
                .putInt(child.status())
                .array();
    }

    private long waitForEnd(SimulatedCall call) {
        int pid = call.integer(0);
        var candidates =
                pid == -1 ? system.childrenOf(call.process()) : children(call.process(), pid);
        if (candidates.isEmpty()) {
            return -Errno.ECHILD.number();
        }
        for (var child : candidates) {
            if (!child.alive()) {
                boolean exited = child.state() == SimulatedProcess.State.EXITED;
                if (call.argument(1) != 0) {
                    call.memory()
                            .writeInt(
                                    call.argument(1),
                                    exited ? child.status() << 8 : child.status());
                }
                child.reaped = true;
                return child.pid();
            }
        }
        return has(call, 2, WNOHANG) ? 0 : BLOCKED;
    }

    private static long waitForSignal(SimulatedCall call) {
        int signal = call.process().signals().take(call.memory().readLong(call.argument(0)));
        if (signal == 0) {
            return call.argument(2) == 0 ? BLOCKED : -Errno.EAGAIN.number();
        }
        if (call.argument(1) != 0) {
            call.store(
                    1,
                    ByteBuffer.allocate(SIGINFO_SIZE)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .putInt(signal)
                            .array());
        }
        return signal;
    }

    private static long signalfd(SimulatedCall call) {
        var table = call.process().table();
        long mask = call.memory().readLong(call.argument(1));
        if (call.integer(0) != -1) {
            table.file(call.integer(0), SimulatedEvents.Signalfd.class, Errno.EINVAL).mask = mask;
            return call.integer(0);
        }
        var file = new SimulatedEvents.Signalfd(mask);
        file.flags = call.integer(3) & 0x800;
        return table.open(file, has(call, 3, CLOEXEC));
    }
}
