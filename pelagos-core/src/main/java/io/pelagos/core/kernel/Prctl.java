package io.pelagos.core.kernel;

/** Operations of prctl(2), from {@code linux/prctl.h}. */
public enum Prctl implements Constant {
    /** The signal at the death of the parent thread. */
    PR_SET_PDEATHSIG(1),
    /** Whether others may trace the process. */
    PR_SET_DUMPABLE(4),
    /** Whether others may look at the process. */
    PR_GET_DUMPABLE(3),
    /** Keep capabilities when the user changes. */
    PR_SET_KEEPCAPS(8),
    /** The name of the thread. */
    PR_SET_NAME(15),
    /** Drop a capability from the bounding set. */
    PR_CAPBSET_DROP(24),
    /** The securebits. */
    PR_SET_SECUREBITS(28),
    /** Adopt orphaned descendants. */
    PR_SET_CHILD_SUBREAPER(36),
    /** Never gain privileges by execve(2). */
    PR_SET_NO_NEW_PRIVS(38),
    /** Change the ambient capabilities. */
    PR_CAP_AMBIENT(47),
    /** Raise one, with {@code PR_CAP_AMBIENT}. */
    PR_CAP_AMBIENT_RAISE(2),
    /** Clear all, with {@code PR_CAP_AMBIENT}. */
    PR_CAP_AMBIENT_CLEAR_ALL(4);

    private final long x86;
    private final long aarch64;

    Prctl(long value) {
        this(value, value);
    }

    Prctl(long x86, long aarch64) {
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
