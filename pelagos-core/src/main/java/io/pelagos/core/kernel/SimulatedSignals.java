package io.pelagos.core.kernel;

/** The signals of one simulated process: sets of bits, where bit n - 1 stands for signal n. */
final class SimulatedSignals {
    static final int SIGKILL = 9;
    static final int SIGSEGV = 11;
    static final int SIGPIPE = 13;
    static final int SIGCHLD = 17;
    private static final int SIG_UNBLOCK = 1;
    private static final int SIG_SETMASK = 2;

    /** CHLD, CONT, URG and WINCH are ignored by default; stopping is not simulated. */
    private static final long HARMLESS =
            bit(SIGCHLD) | bit(18) | bit(19) | bit(20) | bit(21) | bit(22) | bit(23) | bit(28);

    private long blocked;
    private long ignored;
    private long pending;

    private static long bit(int signal) {
        return 1L << (signal - 1);
    }

    /** Takes a signal; returns whether it ends the process. */
    boolean arrive(int signal) {
        if (signal == SIGKILL) {
            return true;
        }
        if ((blocked & bit(signal)) != 0) {
            pending |= bit(signal);
            return false;
        }
        return ((ignored | HARMLESS) & bit(signal)) == 0;
    }

    /** Takes the lowest pending signal of a set; 0 when there is none. */
    int take(long set) {
        int signal = pending(set) ? Long.numberOfTrailingZeros(pending & set) + 1 : 0;
        pending &= signal == 0 ? -1 : ~bit(signal);
        return signal;
    }

    boolean pending(long set) {
        return (pending & set) != 0;
    }

    long blocked() {
        return blocked;
    }

    /** Changes what is blocked; returns the signal that now ends the process, or 0. */
    int block(int how, long set) {
        blocked =
                switch (how) {
                    case SIG_SETMASK -> set;
                    case SIG_UNBLOCK -> blocked & ~set;
                    default -> blocked | set;
                };
        int signal;
        while ((signal = take(~blocked)) != 0) {
            if (arrive(signal)) {
                return signal;
            }
        }
        return 0;
    }

    void ignore(int signal, boolean ignore) {
        ignored = ignore ? ignored | bit(signal) : ignored & ~bit(signal);
    }

    /** Does what fork(2) does: nothing is pending in the child. */
    SimulatedSignals copy() {
        var copy = new SimulatedSignals();
        copy.blocked = blocked;
        copy.ignored = ignored;
        return copy;
    }
}
