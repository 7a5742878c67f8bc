package io.pelagos.image.internal.layer;

import io.pelagos.core.spec.Bytes;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * A file in an archive, as the archive says it: nothing here is to be trusted.
 *
 * @param name its path
 * @param type what it is
 * @param mode its permissions
 * @param uid its owner
 * @param gid its group
 * @param size how many bytes it has when it is unpacked
 * @param modified when its contents changed last
 * @param target where a link leads to
 * @param major of a device
 * @param minor of a device
 * @param xattrs extended attributes, by their full names
 * @param segments what of a sparse file is in the archive; one segment for every other file
 */
record TarEntry(
        String name,
        Type type,
        int mode,
        long uid,
        long gid,
        long size,
        Instant modified,
        String target,
        int major,
        int minor,
        Map<String, Bytes> xattrs,
        List<Segment> segments) {
    /** What a file is. */
    enum Type {
        FILE,
        DIRECTORY,
        SYMLINK,
        HARD_LINK,
        CHARACTER_DEVICE,
        BLOCK_DEVICE,
        FIFO
    }

    /**
     * Bytes of a file that are no hole.
     *
     * @param offset where in the file they are
     * @param length how many
     */
    record Segment(long offset, long length) {}
}
