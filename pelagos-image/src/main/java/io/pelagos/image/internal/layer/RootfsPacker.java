package io.pelagos.image.internal.layer;

import io.pelagos.core.spec.FileEntry;
import io.pelagos.core.spec.FileSink;
import java.io.IOException;
import java.io.InputStream;

/** Leaves out what the store itself keeps among the files of a layer. */
public final class RootfsPacker implements FileSink {
    private final FileSink target;

    /**
     * Begins.
     *
     * @param target takes the files, and is closed with this
     */
    public RootfsPacker(FileSink target) {
        this.target = target;
    }

    @Override
    public void add(FileEntry entry, InputStream contents) throws IOException {
        if (!entry.path().equals(LayerPacker.MARK)) {
            target.add(entry, contents);
        }
    }

    @Override
    public void close() throws IOException {
        target.close();
    }
}
