package io.pelagos.core.kernel;

/** Attributes of a mount: {@code MOUNT_ATTR_*} of mount_setattr(2) and fsmount(2). */
public enum MountAttribute implements Constant {
    /** Read only. */
    MOUNT_ATTR_RDONLY(1),
    /** Ignore setuid bits and file capabilities. */
    MOUNT_ATTR_NOSUID(2),
    /** No access to devices. */
    MOUNT_ATTR_NODEV(4),
    /** No program execution. */
    MOUNT_ATTR_NOEXEC(8),
    /** Do not update access times. */
    MOUNT_ATTR_NOATIME(0x10),
    /** Always update access times. */
    MOUNT_ATTR_STRICTATIME(0x20),
    /** The bits that say how access times are updated. */
    MOUNT_ATTR__ATIME(0x70),
    /** Do not update access times of directories. */
    MOUNT_ATTR_NODIRATIME(0x80),
    /** Idmapped by a user namespace. */
    MOUNT_ATTR_IDMAP(0x00100000),
    /** Do not follow symbolic links. */
    MOUNT_ATTR_NOSYMFOLLOW(0x00200000);

    private final long x86;
    private final long aarch64;

    MountAttribute(long value) {
        this(value, value);
    }

    MountAttribute(long x86, long aarch64) {
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
