package io.pelagos.core.internal.files;

import static io.pelagos.core.kernel.OpenFlag.O_DIRECTORY;
import static io.pelagos.core.kernel.OpenFlag.O_PATH;
import static io.pelagos.core.kernel.OpenFlag.O_RDONLY;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.files.OverlayXattrs;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.spec.Bytes;
import io.pelagos.core.spec.FileEntry;
import io.pelagos.core.spec.FileSink;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * Copies a writable layer into a layer directory: whiteouts and opaque directories as they are,
 * without the notes that overlayfs keeps for itself about where a file was copied from.
 */
public final class LayerCopy {
    private static final String TRUSTED_OPAQUE = "trusted.overlay.opaque";
    private static final String USER_OPAQUE = "user.overlay.opaque";

    private LayerCopy() {}

    /**
     * Copies.
     *
     * @param calls how it is done
     * @param upper the writable layer, which nobody writes to meanwhile
     * @param layer the new directory, whose parent exists
     * @param privileged whether this JVM may write what the overlays of the machine's own user
     *     namespace look at
     * @throws IOException when it cannot be written
     */
    public static void copy(FileCalls calls, Path upper, Path layer, boolean privileged)
            throws IOException {
        var parent = String.valueOf(layer.getParent());
        try (var from = calls.openPath(upper.toString(), Constant.flags(O_PATH, O_DIRECTORY));
                var to = calls.openPath(parent, Constant.flags(O_RDONLY, O_DIRECTORY));
                var target =
                        new TreeTarget(
                                calls,
                                to,
                                String.valueOf(layer.getFileName()),
                                CopyRules.EXACT,
                                true);
                var sink = new WithoutNotes(target, privileged, calls.areOfFuseOverlayfs())) {
            new TreeSource(calls, sink).copy(from, "");
        }
    }

    /**
     * Gives the files of a writable layer to a sink: whiteouts as character devices 0/0, opaque
     * directories by their attributes.
     *
     * @param calls how it is done
     * @param upper the writable layer, which nobody writes to meanwhile
     * @param sink takes the files; it is not closed
     * @throws IOException when the sink fails
     */
    public static void copy(FileCalls calls, Path upper, FileSink sink) throws IOException {
        try (var from = calls.openPath(upper.toString(), Constant.flags(O_PATH, O_DIRECTORY))) {
            new TreeSource(calls, new WithoutNotes(sink, false, calls.areOfFuseOverlayfs()))
                    .copy(from, "");
        }
    }

    /**
     * Says of an opaque directory in both ways that it is one: overlays of a user namespace look at
     * the one, all others at the other.
     */
    private record WithoutNotes(FileSink target, boolean privileged, boolean ofFuse)
            implements FileSink {
        @Override
        public void add(FileEntry entry, InputStream contents) throws IOException {
            target.add(entry.withXattrs(kept(entry.xattrs())), contents);
        }

        private Map<String, Bytes> kept(Map<String, Bytes> xattrs) {
            var kept = new TreeMap<>(xattrs);
            var opaque = xattrs.getOrDefault(TRUSTED_OPAQUE, xattrs.get(USER_OPAQUE));
            if (ofFuse && opaque == null) {
                opaque = xattrs.get(OverlayXattrs.FUSE_OPAQUE);
            }
            if (opaque != null) {
                kept.put(USER_OPAQUE, opaque);
                if (privileged) {
                    kept.put(TRUSTED_OPAQUE, opaque);
                }
            }
            kept.keySet()
                    .removeIf(
                            name ->
                                    OverlayXattrs.isOne(name)
                                            && !name.equals(USER_OPAQUE)
                                            && !name.equals(TRUSTED_OPAQUE));
            return kept;
        }

        @Override
        public void close() {
            // The target is closed by its owner.
        }
    }
}
