package io.pelagos.core.files;

import io.pelagos.core.kernel.Memory;
import java.time.Instant;

/**
 * What statx(2) tells about a file.
 *
 * @param mode type and permissions
 * @param uid the owner
 * @param gid the group
 * @param links how many names it has
 * @param inode its number in its file system
 * @param device the file system it is in, both numbers
 * @param size in bytes
 * @param modified when its contents changed last
 * @param major of a device node
 * @param minor of a device node
 */
public record FileStatus(
        int mode,
        long uid,
        long gid,
        long links,
        long inode,
        long device,
        long size,
        Instant modified,
        int major,
        int minor) {
    static final int SIZE = 256;
    static final int BASIC = 0x7ff;

    private static final int S_IFMT = 0170000;

    static FileStatus of(Memory.Block statx) {
        return new FileStatus(
                statx.getShort(28) & 0xffff,
                statx.getInt(20) & 0xffffffffL,
                statx.getInt(24) & 0xffffffffL,
                statx.getInt(16) & 0xffffffffL,
                statx.getLong(32),
                ((long) statx.getInt(136) << 32) | (statx.getInt(140) & 0xffffffffL),
                statx.getLong(40),
                Instant.ofEpochSecond(statx.getLong(112), statx.getInt(120)),
                statx.getInt(128),
                statx.getInt(132));
    }

    private boolean is(int type) {
        return (mode & S_IFMT) == type;
    }

    /**
     * Returns the type bits alone.
     *
     * @return as {@code S_IFMT} masks them
     */
    public int type() {
        return mode & S_IFMT;
    }

    /**
     * Returns the permission bits alone.
     *
     * @return at most 07777
     */
    public int permissions() {
        return mode & 07777;
    }

    /**
     * Tells whether it is a directory.
     *
     * @return true if so
     */
    public boolean isDirectory() {
        return is(0040000);
    }

    /**
     * Tells whether it is a regular file.
     *
     * @return true if so
     */
    public boolean isRegular() {
        return is(0100000);
    }

    /**
     * Tells whether it is a symbolic link.
     *
     * @return true if so
     */
    public boolean isSymlink() {
        return is(0120000);
    }

    /**
     * Tells whether it is a pipe, with a name or without.
     *
     * @return true if so
     */
    public boolean isFifo() {
        return is(0010000);
    }

    /**
     * Tells whether it says that what lower layers hold at this path is gone.
     *
     * @return true if so
     */
    public boolean isWhiteout() {
        return is(0020000) && major == 0 && minor == 0;
    }

    /**
     * Tells whether it is the same file as another.
     *
     * @param other the other name
     * @return true if so
     */
    public boolean isSame(FileStatus other) {
        return inode == other.inode && device == other.device;
    }
}
