package io.pelagos.core.kernel;

import static io.pelagos.core.kernel.SimulatedFile.BLOCKED;

/**
 * The behaviour of the simulated system calls. A call that returns a descriptor returns a new one;
 * a call of which nothing is said here succeeds with 0.
 */
final class SimulatedCalls {
    private static final long O_CLOEXEC = 0x80000;
    private static final int O_NONBLOCK = 0x800;
    private static final int SECCOMP_FILTER_FLAG_NEW_LISTENER = 8;
    private static final int BPF_PROG_LOAD = 5;
    private static final int DEFAULT_UMASK = 022;

    private final SimulatedFileCalls files;
    private final SimulatedSocketCalls sockets;
    private final SimulatedWaitCalls waits;
    private final SimulatedProcessCalls processes;

    SimulatedCalls(SimulatedSystem system) {
        this.files = new SimulatedFileCalls();
        this.sockets = new SimulatedSocketCalls(system);
        this.waits = new SimulatedWaitCalls(system);
        this.processes = new SimulatedProcessCalls(system);
    }

    /** Makes a call: the result, a negated error number, or {@link SimulatedFile#BLOCKED}. */
    long perform(SimulatedCall call) {
        return switch (call.syscall()) {
            case READ,
                    WRITE,
                    PREAD64,
                    PWRITE64,
                    LSEEK,
                    FTRUNCATE,
                    COPY_FILE_RANGE,
                    CLOSE,
                    CLOSE_RANGE,
                    DUP,
                    DUP3,
                    FCNTL,
                    PIPE2,
                    MEMFD_CREATE,
                    EVENTFD2 ->
                    files.perform(call);
            case SOCKETPAIR, SENDTO, SENDMSG, RECVFROM, RECVMSG, SHUTDOWN -> sockets.perform(call);
            case PPOLL,
                    EPOLL_CREATE1,
                    EPOLL_CTL,
                    EPOLL_PWAIT,
                    WAITID,
                    WAIT4,
                    RT_SIGTIMEDWAIT,
                    SIGNALFD4 ->
                    waits.perform(call);
            case CLONE3,
                    EXECVE,
                    EXECVEAT,
                    EXIT,
                    EXIT_GROUP,
                    KILL,
                    PIDFD_OPEN,
                    PIDFD_SEND_SIGNAL,
                    PIDFD_GETFD,
                    RT_SIGPROCMASK,
                    RT_SIGACTION,
                    PRCTL,
                    GETPID,
                    GETTID,
                    GETPPID,
                    SETSID ->
                    processes.perform(call);
            case UMASK -> DEFAULT_UMASK;
            case GETRANDOM -> call.argument(1);
            default -> opened(call);
        };
    }

    /** Opens a file of which nothing is known, for the calls that do so. */
    private static long opened(SimulatedCall call) {
        var table = call.process().table();
        return switch (call.syscall()) {
            case OPENAT, OPEN_TREE -> table.open(plain(call, 2), has(call, 2, O_CLOEXEC));
            case OPENAT2 ->
                    table.open(
                            new SimulatedFile(),
                            (call.memory().readLong(call.argument(2)) & O_CLOEXEC) != 0);
            case FSOPEN, FSMOUNT -> table.open(new SimulatedFile(), has(call, 1, 1));
            case FSPICK -> table.open(new SimulatedFile(), has(call, 2, 1));
            case SOCKET, TIMERFD_CREATE -> table.open(plain(call, 1), has(call, 1, O_CLOEXEC));
            case ACCEPT4 -> table.open(plain(call, 3), has(call, 3, O_CLOEXEC));
            case INOTIFY_INIT1, USERFAULTFD -> table.open(plain(call, 0), has(call, 0, O_CLOEXEC));
            case LANDLOCK_CREATE_RULESET ->
                    call.argument(2) == 0 ? table.open(new SimulatedFile(), true) : 1;
            case PERF_EVENT_OPEN, IO_URING_SETUP -> table.open(new SimulatedFile(), true);
            case SECCOMP ->
                    has(call, 1, SECCOMP_FILTER_FLAG_NEW_LISTENER)
                            ? table.open(new SimulatedFile(), true)
                            : 0;
            case BPF ->
                    call.argument(0) == 0 || call.argument(0) == BPF_PROG_LOAD
                            ? table.open(new SimulatedFile(), true)
                            : 0;
            default -> 0;
        };
    }

    /** A file whose status flags are in an argument. */
    private static SimulatedFile plain(SimulatedCall call, int flags) {
        var file = new SimulatedFile();
        file.flags = call.integer(flags) & O_NONBLOCK;
        return file;
    }

    static boolean has(SimulatedCall call, int index, long flag) {
        return (call.argument(index) & flag) != 0;
    }

    /** Turns the need to wait into an error for a file that does not wait. */
    static long orAgain(SimulatedFile file, long result) {
        return result == BLOCKED && file.nonblocking() ? -Errno.EAGAIN.number() : result;
    }
}
