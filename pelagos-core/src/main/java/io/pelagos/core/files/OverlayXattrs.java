package io.pelagos.core.files;

import io.pelagos.core.spec.Bytes;
import java.util.Map;
import java.util.TreeMap;

/**
 * The extended attributes in which overlayfs and fuse-overlayfs note something about a layer, see
 * Documentation/filesystems/overlayfs.rst: of no file that a container sees, and never to be taken
 * from an archive.
 */
public final class OverlayXattrs {
    /** By which fuse-overlayfs in a user namespace notes that a directory is opaque. */
    public static final String FUSE_OPAQUE = "user.fuseoverlayfs.opaque";

    private OverlayXattrs() {}

    /**
     * Tells whether an attribute is one.
     *
     * @param name its full name
     * @return true if so, also for those of mounts with {@code userxattr}
     */
    public static boolean isOne(String name) {
        return name.startsWith("trusted.overlay.")
                || name.startsWith("user.overlay.")
                || name.startsWith("user.fuseoverlayfs.")
                || name.startsWith("security.fuseoverlayfs.");
    }

    /**
     * Returns what they leave.
     *
     * @param xattrs attributes by their full names
     * @return a new map
     */
    public static Map<String, Bytes> without(Map<String, Bytes> xattrs) {
        var kept = new TreeMap<>(xattrs);
        kept.keySet().removeIf(OverlayXattrs::isOne);
        return kept;
    }
}
