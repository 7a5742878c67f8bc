package io.pelagos.core.kernel;

/** What waitid(2) waits for, from {@code linux/wait.h}. */
public enum WaitFlag implements Constant {
    /** Any child. */
    P_ALL(0),
    /** The child with this process id. */
    P_PID(1),
    /** The child that the descriptor refers to. */
    P_PIDFD(3),
    /** Do not wait. */
    WNOHANG(1),
    /** Children that ended. */
    WEXITED(4),
    /** Leave it to be waited for again. */
    WNOWAIT(0x01000000);

    private final long x86;
    private final long aarch64;

    WaitFlag(long value) {
        this(value, value);
    }

    WaitFlag(long x86, long aarch64) {
        this.x86 = x86;
        this.aarch64 = aarch64;
    }

    @Override
    public long value(Architecture architecture) {
        return switch (architecture) {
            case X86_64 -> x86;
            case AARCH64 -> aarch64;
        };
    }
}
