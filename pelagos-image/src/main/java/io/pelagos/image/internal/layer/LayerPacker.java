package io.pelagos.image.internal.layer;

import io.pelagos.core.spec.FileEntry;
import io.pelagos.core.spec.FileMode;
import io.pelagos.core.spec.FileSink;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;

/**
 * Turns what overlayfs keeps of a writable layer into what layers of images have, see "Whiteouts"
 * in layer.md of the OCI image specification: a character device 0/0 becomes a file {@code
 * .wh.NAME}, and the attribute of an opaque directory a file {@code .wh..wh..opq} in it.
 */
public final class LayerPacker implements FileSink {
    /** What the store itself keeps at the top of a layer. */
    static final String MARK = ".pelagos_complete";

    private static final FileMode EMPTY = new FileMode(0600);

    private final FileSink target;
    private final Instant latest;
    private Instant youngest = Instant.MIN;

    /**
     * Begins.
     *
     * @param target takes the files, and is closed with this
     * @param latest later times become this one
     */
    public LayerPacker(FileSink target, Instant latest) {
        this.target = target;
        this.latest = latest;
    }

    @Override
    public void add(FileEntry entry, InputStream contents) throws IOException {
        var path = entry.path();
        if (path.equals(MARK)) {
            return;
        }
        var time = entry.modified().isAfter(latest) ? latest : entry.modified();
        youngest = time.isAfter(youngest) ? time : youngest;
        int slash = path.lastIndexOf('/');
        var directory = path.substring(0, slash + 1);
        var name = path.substring(slash + 1);
        if (name.startsWith(EntryPath.WHITEOUT)) {
            throw new IOException(
                    "packing "
                            + path
                            + ": in a layer of an image a name that begins with .wh. says that a"
                            + " file is gone; give it another name");
        }
        if (isWhiteout(entry)) {
            mark(directory + EntryPath.WHITEOUT + name, entry, time);
            return;
        }
        var xattrs = new TreeMap<>(entry.xattrs());
        boolean opaque = xattrs.keySet().removeIf(it -> isOpaqueMark(it));
        target.add(at(entry, time).withXattrs(xattrs), contents);
        if (opaque) {
            mark((path.isEmpty() ? "" : path + "/") + EntryPath.OPAQUE, entry, time);
        }
    }

    private static boolean isWhiteout(FileEntry entry) {
        return entry.type() == FileEntry.Type.CHARACTER_DEVICE
                && entry.major() == 0
                && entry.minor() == 0;
    }

    private static boolean isOpaqueMark(String xattr) {
        return xattr.equals("trusted.overlay.opaque") || xattr.equals("user.overlay.opaque");
    }

    private void mark(String path, FileEntry entry, Instant time) throws IOException {
        target.add(
                new FileEntry(
                        path,
                        FileEntry.Type.FILE,
                        EMPTY,
                        entry.uid(),
                        entry.gid(),
                        0,
                        time,
                        "",
                        0,
                        0,
                        Map.of()),
                InputStream.nullInputStream());
    }

    private static FileEntry at(FileEntry entry, Instant time) {
        return new FileEntry(
                entry.path(),
                entry.type(),
                entry.mode(),
                entry.uid(),
                entry.gid(),
                entry.size(),
                time,
                entry.target(),
                entry.major(),
                entry.minor(),
                entry.xattrs());
    }

    /**
     * Returns the latest time that a file had.
     *
     * @return not after the bound; {@link Instant#MIN} when there was no file
     */
    public Instant youngest() {
        return youngest;
    }

    @Override
    public void close() throws IOException {
        target.close();
    }
}
