package io.pelagos.core.kernel;

/**
 * Flags and commands of the mount API by descriptor: open_tree(2), move_mount(2), fsopen(2),
 * fsconfig(2), fsmount(2).
 */
public enum MountApi implements Constant {
    /** A detached copy of the mount. */
    OPEN_TREE_CLONE(1),
    /** Close on execve(2). */
    OPEN_TREE_CLOEXEC(0x80000),
    /** The source is the descriptor itself. */
    MOVE_MOUNT_F_EMPTY_PATH(4),
    /** The target is the descriptor itself. */
    MOVE_MOUNT_T_EMPTY_PATH(0x40),
    /** Close on execve(2). */
    FSOPEN_CLOEXEC(1),
    /** Close on execve(2). */
    FSMOUNT_CLOEXEC(1),
    /** Set a parameter without a value. */
    FSCONFIG_SET_FLAG(0),
    /** Set a parameter to a string. */
    FSCONFIG_SET_STRING(1),
    /** Set a parameter to bytes. */
    FSCONFIG_SET_BINARY(2),
    /** Set a parameter to a path. */
    FSCONFIG_SET_PATH(3),
    /** Set a parameter to a path that may be empty. */
    FSCONFIG_SET_PATH_EMPTY(4),
    /** Set a parameter to a descriptor. */
    FSCONFIG_SET_FD(5),
    /** Create the superblock. */
    FSCONFIG_CMD_CREATE(6),
    /** Change the superblock. */
    FSCONFIG_CMD_RECONFIGURE(7);

    private final long x86;
    private final long aarch64;

    MountApi(long value) {
        this(value, value);
    }

    MountApi(long x86, long aarch64) {
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
