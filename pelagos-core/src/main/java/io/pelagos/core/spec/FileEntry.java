package io.pelagos.core.spec;

import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * One file of a tree: all about it but its contents.
 *
 * @param path relative to the top of the tree, without {@code .} and {@code ..}; empty for the top
 *     itself. Bytes of a name that are no UTF-8 are U+DC80 to U+DCFF
 * @param type what it is
 * @param mode its permissions
 * @param uid its owner
 * @param gid its group
 * @param size how many bytes a regular file holds
 * @param modified when its contents changed last
 * @param target where a symbolic link leads to, or the path in the same tree that a hard link is
 *     another name of; else empty
 * @param major of a device
 * @param minor of a device
 * @param xattrs extended attributes, by their full names
 */
public record FileEntry(
        String path,
        Type type,
        FileMode mode,
        long uid,
        long gid,
        long size,
        Instant modified,
        String target,
        int major,
        int minor,
        Map<String, Bytes> xattrs) {
    /** Checks the path. */
    public FileEntry {
        checkPath(path);
        if (type == Type.HARD_LINK) {
            checkPath(target);
        }
        xattrs = Collections.unmodifiableMap(new TreeMap<>(xattrs));
    }

    /**
     * Returns the same file with another owner.
     *
     * @param owner whose it is
     * @return a new value
     */
    public FileEntry withOwner(Owner owner) {
        return new FileEntry(
                path,
                type,
                mode,
                owner.uid(),
                owner.gid(),
                size,
                modified,
                target,
                major,
                minor,
                xattrs);
    }

    /**
     * Returns the same file with other extended attributes.
     *
     * @param others by their full names
     * @return a new value
     */
    public FileEntry withXattrs(Map<String, Bytes> others) {
        return new FileEntry(
                path, type, mode, uid, gid, size, modified, target, major, minor, others);
    }

    private static void checkPath(String path) {
        if (path.isEmpty()) {
            return;
        }
        for (var part : path.split("/", -1)) {
            if (part.isEmpty()
                    || part.equals(".")
                    || part.equals("..")
                    || part.indexOf('\0') >= 0) {
                throw new IllegalArgumentException(
                        "path \"" + path + "\" of a file: must be relative and lead downwards");
            }
        }
    }

    /** What a file is, see inode(7). */
    public enum Type {
        /** A regular file. */
        FILE,
        /** A directory. */
        DIRECTORY,
        /** A symbolic link. */
        SYMLINK,
        /** Another name of a file that came before. */
        HARD_LINK,
        /** A character device. */
        CHARACTER_DEVICE,
        /** A block device. */
        BLOCK_DEVICE,
        /** A named pipe. */
        FIFO
    }
}
