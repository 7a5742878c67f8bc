package io.pelagos.core.kernel;

/** Mount flags: {@code MS_*} of mount(2) and {@code MNT_DETACH} of umount2(2). */
public enum MountFlag implements Constant {
    /** Read only. */
    MS_RDONLY(1),
    /** Ignore setuid bits and file capabilities. */
    MS_NOSUID(2),
    /** No access to devices. */
    MS_NODEV(4),
    /** No program execution. */
    MS_NOEXEC(8),
    /** Change an existing mount. */
    MS_REMOUNT(32),
    /** Do not update access times. */
    MS_NOATIME(1024),
    /** Bind mount. */
    MS_BIND(4096),
    /** Recursive. */
    MS_REC(16384),
    /** Cannot be bind mounted. */
    MS_UNBINDABLE(1 << 17),
    /** No propagation. */
    MS_PRIVATE(1 << 18),
    /** Receives propagation. */
    MS_SLAVE(1 << 19),
    /** Propagates both ways. */
    MS_SHARED(1 << 20),
    /** Update access times rarely. */
    MS_RELATIME(1 << 21),
    /** Always update access times. */
    MS_STRICTATIME(1 << 24),
    /** Detach now, unmount when no longer busy. */
    MNT_DETACH(2);

    private final long x86;
    private final long aarch64;

    MountFlag(long value) {
        this(value, value);
    }

    MountFlag(long x86, long aarch64) {
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
