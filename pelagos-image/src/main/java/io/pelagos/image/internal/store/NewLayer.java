package io.pelagos.image.internal.store;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.paths.ImagePaths;
import io.pelagos.image.internal.layer.BulkInput;
import io.pelagos.image.internal.layer.Decompression;
import io.pelagos.image.internal.layer.OtherCompression;
import io.pelagos.image.internal.layer.UnpackLimits;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.MediaType;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * A compressed layer that is being written to a place of its own. The same archive gives the same
 * bytes: the header of gzip has neither a name nor a time.
 */
final class NewLayer implements AutoCloseable {
    private static final Digest ANY = Digest.of(new byte[0]);
    private static final int BUFFER = 1 << 16;

    private final Scratch scratch;

    /**
     * What was written.
     *
     * @param digest of the compressed form
     * @param diffId of the form that is not compressed
     * @param size of the compressed form in bytes
     * @param mediaType how it is compressed
     */
    record Written(Digest digest, Digest diffId, long size, String mediaType) {}

    private NewLayer(Scratch scratch) {
        this.scratch = scratch;
    }

    static NewLayer begin(FileCalls calls, ImagePaths images) {
        return new NewLayer(Scratch.begin(calls, images));
    }

    Path file() {
        return scratch.path();
    }

    /** Takes an archive that is not compressed. */
    Written write(LayerStore.Archive archive) throws IOException {
        var compressed = ANY.newMessageDigest();
        var plain = ANY.newMessageDigest();
        try (var disk = new DigestOutputStream(Files.newOutputStream(file()), compressed);
                var gzip = new Gzip(new BufferedOutputStream(disk, BUFFER));
                var tar = new BufferedOutputStream(new DigestOutputStream(gzip, plain), BUFFER)) {
            archive.writeTo(tar);
        }
        return written(compressed, plain, MediaType.OCI_LAYER_GZIP);
    }

    private Written written(MessageDigest compressed, MessageDigest plain, String mediaType)
            throws IOException {
        return new Written(
                Digest.of(ANY.algorithm(), compressed.digest()),
                Digest.of(ANY.algorithm(), plain.digest()),
                Files.size(file()),
                mediaType);
    }

    /** Takes an archive as it is when it is compressed as layers are, else compresses it so. */
    Written take(InputStream in) throws IOException {
        var buffered =
                new BufferedInputStream(OtherCompression.removed(in, UnpackLimits.USUAL), BUFFER);
        buffered.mark(16);
        var kind = Decompression.of(buffered.readNBytes(6));
        buffered.reset();
        if (kind == Decompression.NONE) {
            return write(buffered::transferTo);
        }
        var compressed = ANY.newMessageDigest();
        var plain = ANY.newMessageDigest();
        try (var disk = Files.newOutputStream(file());
                var archive =
                        Decompression.open(
                                new Keeping(buffered, disk, compressed), UnpackLimits.USUAL)) {
            archive.transferTo(new DigestOutputStream(OutputStream.nullOutputStream(), plain));
            // What follows the compressed part belongs to the blob too.
            buffered.transferTo(new DigestOutputStream(disk, compressed));
        }
        return written(
                compressed,
                plain,
                kind == Decompression.ZSTD ? MediaType.OCI_LAYER_ZSTD : MediaType.OCI_LAYER_GZIP);
    }

    @Override
    public void close() {
        scratch.close();
    }

    private static final class Gzip extends GZIPOutputStream {
        Gzip(OutputStream out) throws IOException {
            super(out, BUFFER);
            def.setLevel(Deflater.DEFAULT_COMPRESSION);
        }
    }

    /** Keeps a copy of all that is read. */
    private static final class Keeping extends BulkInput {
        private final InputStream in;
        private final OutputStream copy;
        private final MessageDigest digest;

        Keeping(InputStream in, OutputStream copy, MessageDigest digest) {
            this.in = in;
            this.copy = copy;
            this.digest = digest;
        }

        @Override
        public int read(byte[] into, int at, int length) throws IOException {
            int count = in.read(into, at, length);
            if (count > 0) {
                copy.write(into, at, count);
                digest.update(into, at, count);
            }
            return count;
        }
    }
}
