package io.pelagos.image;

import io.pelagos.core.spec.FileSink;
import io.pelagos.image.internal.layer.RootfsPacker;
import io.pelagos.image.internal.layer.TarWriter;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;

/** Writes the files of a root as one archive. */
final class Exporting {
    private static final int BUFFER = 1 << 16;

    private Exporting() {}

    /** Gives files to a sink. */
    @FunctionalInterface
    interface Files {
        void giveTo(FileSink sink) throws IOException;
    }

    static void to(OutputStream out, Files files) {
        var tar = new RootfsPacker(new TarWriter(new BufferedOutputStream(out, BUFFER)));
        try {
            files.giveTo(tar);
            // Not when that fails: an archive without an end is known to be cut off.
            tar.close();
        } catch (IOException e) {
            throw new UncheckedIOException("exporting the files of a root", e);
        }
    }
}
