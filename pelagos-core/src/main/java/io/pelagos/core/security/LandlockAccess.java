package io.pelagos.core.security;

import java.util.Collection;

/**
 * What Landlock can forbid with files: {@code LANDLOCK_ACCESS_FS_*} of {@code linux/landlock.h};
 * see landlock(7).
 */
public enum LandlockAccess {
    /** Execute a file. */
    EXECUTE(0, 1, true),
    /** Open a file for writing. */
    WRITE_FILE(1, 1, true),
    /** Open a file for reading. */
    READ_FILE(2, 1, true),
    /** Open a directory or list it. */
    READ_DIR(3, 1, false),
    /** Remove or rename an empty directory. */
    REMOVE_DIR(4, 1, false),
    /** Remove or rename a file. */
    REMOVE_FILE(5, 1, false),
    /** Make a character device. */
    MAKE_CHAR(6, 1, false),
    /** Make a directory. */
    MAKE_DIR(7, 1, false),
    /** Make a regular file. */
    MAKE_REG(8, 1, false),
    /** Make a socket of the Unix domain. */
    MAKE_SOCK(9, 1, false),
    /** Make a named pipe. */
    MAKE_FIFO(10, 1, false),
    /** Make a block device. */
    MAKE_BLOCK(11, 1, false),
    /** Make a symbolic link. */
    MAKE_SYM(12, 1, false),
    /** Link or rename between directories; from ABI 2 (Linux 5.19), before always forbidden. */
    REFER(13, 2, false),
    /** Truncate a file; from ABI 3 (Linux 6.2). */
    TRUNCATE(14, 3, true),
    /** Use ioctl(2) on a device; from ABI 5 (Linux 6.10). */
    IOCTL_DEV(15, 5, true);

    private final int bit;
    private final int abi;
    private final boolean onFiles;

    LandlockAccess(int bit, int abi, boolean onFiles) {
        this.bit = bit;
        this.abi = abi;
        this.onFiles = onFiles;
    }

    /**
     * Returns the number of the bit in the kernel's masks.
     *
     * @return 0 to 15
     */
    public int bit() {
        return bit;
    }

    /**
     * Returns the first version of Landlock that has this right.
     *
     * @return 1 or more
     */
    public int abi() {
        return abi;
    }

    /**
     * Tells whether a rule about something other than a directory can have this right; the kernel
     * refuses other rights there with EINVAL.
     *
     * @return false for what makes sense with directories only
     */
    public boolean appliesToFiles() {
        return onFiles;
    }

    static long mask(Collection<LandlockAccess> accesses, int abi, boolean directory) {
        long mask = 0;
        for (var access : accesses) {
            if (access.abi <= abi && (directory || access.onFiles)) {
                mask |= 1L << access.bit;
            }
        }
        return mask;
    }
}
