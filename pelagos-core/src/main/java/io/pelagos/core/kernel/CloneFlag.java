package io.pelagos.core.kernel;

/**
 * What a new process shares or gets anew: {@code CLONE_*} of {@code linux/sched.h}, see clone(2)
 * and namespaces(7).
 */
public enum CloneFlag implements Constant {
    /** New time namespace. */
    CLONE_NEWTIME(0x80),
    /** Give a pidfd. */
    CLONE_PIDFD(0x1000),
    /** The caller's parent becomes the parent. */
    CLONE_PARENT(0x8000),
    /** New mount namespace. */
    CLONE_NEWNS(0x20000),
    /** New cgroup namespace. */
    CLONE_NEWCGROUP(0x02000000),
    /** New UTS namespace. */
    CLONE_NEWUTS(0x04000000),
    /** New IPC namespace. */
    CLONE_NEWIPC(0x08000000),
    /** New user namespace. */
    CLONE_NEWUSER(0x10000000),
    /** New PID namespace. */
    CLONE_NEWPID(0x20000000),
    /** New network namespace. */
    CLONE_NEWNET(0x40000000),
    /** Born in the given cgroup, version 2. */
    CLONE_INTO_CGROUP(0x200000000L);

    private final long x86;
    private final long aarch64;

    CloneFlag(long value) {
        this(value, value);
    }

    CloneFlag(long x86, long aarch64) {
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
