package io.pelagos.core.files;

import io.pelagos.core.kernel.Memory;
import io.pelagos.core.spec.Bytes;
import io.pelagos.core.spec.FileEntry;
import io.pelagos.core.spec.FileMode;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

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

    /** Returns the whiteout that a file stands for. */
    FileStatus whiteout() {
        return new FileStatus(0020000, uid, gid, 1, inode, device, 0, modified, 0, 0);
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

    /**
     * Returns what kind of file it is.
     *
     * @return empty for a socket, which means nothing without the process that has made it
     */
    public Optional<FileEntry.Type> kind() {
        return switch (type()) {
            case 0100000 -> Optional.of(FileEntry.Type.FILE);
            case 0040000 -> Optional.of(FileEntry.Type.DIRECTORY);
            case 0120000 -> Optional.of(FileEntry.Type.SYMLINK);
            case 0020000 -> Optional.of(FileEntry.Type.CHARACTER_DEVICE);
            case 0060000 -> Optional.of(FileEntry.Type.BLOCK_DEVICE);
            case 0010000 -> Optional.of(FileEntry.Type.FIFO);
            default -> Optional.empty();
        };
    }

    /**
     * Describes the file as one of a tree.
     *
     * @param path its path in the tree
     * @param type what it is there: another name of a file that came before is a hard link
     * @param target where a link leads to, else empty
     * @param xattrs its extended attributes
     * @return with the owner, the permissions and the time of this file
     */
    public FileEntry entry(
            String path, FileEntry.Type type, String target, Map<String, Bytes> xattrs) {
        return new FileEntry(
                path,
                type,
                new FileMode(permissions()),
                uid,
                gid,
                type == FileEntry.Type.FILE ? size : 0,
                modified,
                target,
                major,
                minor,
                xattrs);
    }
}
