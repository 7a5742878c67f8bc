package io.pelagos.core.kernel;

/** Calls that make, change, signal and end processes. */
final class SimulatedProcessCalls {
    private static final long CLONE_PIDFD = 0x1000;
    private static final long CLONE_PARENT = 0x8000;
    private static final long CLONE_NEWPID = 0x20000000;
    private static final int PR_SET_CHILD_SUBREAPER = 36;
    private static final long SIG_IGN = 1;
    private static final int SIGNALS = 64;

    private final SimulatedSystem system;

    SimulatedProcessCalls(SimulatedSystem system) {
        this.system = system;
    }

    long perform(SimulatedCall call) {
        var process = call.process();
        return switch (call.syscall()) {
            case CLONE3 -> clone(call);
            case EXECVE -> execute(call, 1, 2);
            case EXECVEAT -> execute(call, 2, 3);
            case EXIT, EXIT_GROUP -> {
                requirePlan(call);
                system.end(process, SimulatedProcess.State.EXITED, call.integer(0) & 0xFF);
                yield 0;
            }
            case KILL -> {
                var target = find(call.integer(0));
                yield signal(target, call.integer(1));
            }
            case PIDFD_OPEN ->
                    process.table().open(new SimulatedEvents.Pidfd(find(call.integer(0))), true);
            case PIDFD_SEND_SIGNAL -> signal(pidfd(call), call.integer(1));
            case PIDFD_GETFD ->
                    process.table().open(pidfd(call).table().file(call.integer(1)), true);
            case RT_SIGPROCMASK -> mask(call);
            case RT_SIGACTION -> action(call);
            case PRCTL -> {
                if (call.integer(0) == PR_SET_CHILD_SUBREAPER) {
                    process.subreaper = call.argument(1) != 0;
                }
                yield 0;
            }
            case GETPID, GETTID, SETSID -> process.firstOfNamespace ? 1 : process.pid();
            case GETPPID -> process.parent == null ? 1 : process.parent.pid();
            default -> throw new IllegalArgumentException(call.syscall().callName());
        };
    }

    private static void requirePlan(SimulatedCall call) {
        if (call.process().plan() == null) {
            throw new UnsupportedOperationException(
                    call.syscall().callName() + " would end this JVM");
        }
    }

    /**
     * {@code struct clone_args}: flags at 0, where the pidfd goes at 8, the exit signal at 32, see
     * clone(2).
     */
    private long clone(SimulatedCall call) {
        requirePlan(call);
        long arguments = call.argument(0);
        long flags = call.memory().readLong(arguments);
        long exitSignal = call.memory().readLong(arguments + 32);
        boolean sibling = (flags & CLONE_PARENT) != 0;
        if (sibling && exitSignal != 0) {
            return -Errno.EINVAL.number();
        }
        var process = call.process();
        var parent = sibling && process.parent != null ? process.parent : process;
        var child = system.fork(process, parent);
        child.exitSignal = sibling ? process.exitSignal : (int) exitSignal;
        child.firstOfNamespace = (flags & CLONE_NEWPID) != 0;
        if ((flags & CLONE_PIDFD) != 0) {
            int pidfd = process.table().open(new SimulatedEvents.Pidfd(child), true);
            call.memory().writeInt(call.memory().readLong(arguments + 8), pidfd);
        }
        return child.pid();
    }

    private long execute(SimulatedCall call, int arguments, int environment) {
        requirePlan(call);
        var memory = call.memory();
        system.exec(
                call.process(),
                memory.readStrings(call.argument(arguments)),
                memory.readStrings(call.argument(environment)));
        return 0;
    }

    private SimulatedProcess find(int pid) {
        var process = pid == SimulatedKernel.JVM ? system.jvm() : system.find(pid);
        if (process == null) {
            throw new SimulatedFailure(Errno.ESRCH);
        }
        return process;
    }

    private static SimulatedProcess pidfd(SimulatedCall call) {
        return call.process()
                .table()
                .file(call.integer(0), SimulatedEvents.Pidfd.class, Errno.EBADF)
                .process;
    }

    private long signal(SimulatedProcess target, int signal) {
        if (signal < 0 || signal > SIGNALS) {
            return -Errno.EINVAL.number();
        }
        if (target.reaped) {
            return -Errno.ESRCH.number();
        }
        system.signal(target, signal);
        return 0;
    }

    private long mask(SimulatedCall call) {
        var process = call.process();
        if (call.argument(2) != 0) {
            call.memory().writeLong(call.argument(2), process.signals().blocked());
        }
        if (call.argument(1) != 0) {
            long set = call.memory().readLong(call.argument(1));
            int fatal = process.signals().block(call.integer(0), set);
            if (fatal != 0) {
                system.end(process, SimulatedProcess.State.KILLED, fatal);
            }
        }
        return 0;
    }

    private static long action(SimulatedCall call) {
        if (call.integer(0) < 1 || call.integer(0) > SIGNALS) {
            return -Errno.EINVAL.number();
        }
        if (call.argument(1) != 0) {
            long handler = call.memory().readLong(call.argument(1));
            call.process().signals().ignore(call.integer(0), handler == SIG_IGN);
        }
        return 0;
    }
}
