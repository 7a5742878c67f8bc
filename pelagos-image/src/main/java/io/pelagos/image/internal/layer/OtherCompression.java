package io.pelagos.image.internal.layer;

import io.pelagos.image.spec.BadContentException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * Takes compressions away that no layer has, but archives that people make: bzip2 and xz. What
 * comes out is bounded as that of {@link Decompression}, and damage is said in the same way.
 */
public final class OtherCompression extends BulkInput {
    private static final byte[] BZIP2 = {'B', 'Z', 'h'};
    private static final byte[] XZ = {(byte) 0xfd, '7', 'z', 'X', 'Z', 0};
    private static final int BUFFER = 1 << 16;

    /** A dictionary of 128 MiB, twice what {@code xz -9} asks for, and what belongs to it. */
    private static final int MEMORY_KIB = 129 << 10;

    private final String program;
    private final InputStream plain;
    private final Source compressed;
    private final UnpackLimits limits;
    private long count;

    private OtherCompression(
            String program, InputStream plain, Source compressed, UnpackLimits limits) {
        this.program = program;
        this.plain = plain;
        this.compressed = compressed;
        this.limits = limits;
    }

    /**
     * Looks at the first bytes of something.
     *
     * @param in the bytes
     * @param limits how many may come out
     * @return what they were before bzip2 or xz; or as they are, when they begin in another way
     * @throws BadContentException when they are damaged, or want too much memory
     * @throws IOException when they cannot be read
     */
    public static InputStream removed(InputStream in, UnpackLimits limits) throws IOException {
        var source = new Source(in);
        var buffered = new BufferedInputStream(source, BUFFER);
        buffered.mark(XZ.length);
        var magic = buffered.readNBytes(XZ.length);
        buffered.reset();
        if (starts(magic, BZIP2)) {
            return opened(
                    "bzip2",
                    it -> new BZip2CompressorInputStream(it, true),
                    buffered,
                    source,
                    limits);
        }
        if (starts(magic, XZ)) {
            return opened("xz", it -> new XZInputStream(it, MEMORY_KIB), buffered, source, limits);
        }
        return buffered;
    }

    /** Reads the beginning of what a program has compressed. */
    @FunctionalInterface
    private interface Opening {
        InputStream open(InputStream compressed) throws IOException;
    }

    private static InputStream opened(
            String program, Opening opening, InputStream in, Source source, UnpackLimits limits)
            throws IOException {
        try {
            return new OtherCompression(program, opening.open(in), source, limits);
        } catch (IOException e) {
            if (source.failed) {
                throw e;
            }
            throw damaged(program, e);
        }
    }

    private static boolean starts(byte[] bytes, byte... magic) {
        return bytes.length >= magic.length
                && Arrays.equals(bytes, 0, magic.length, magic, 0, magic.length);
    }

    private static BadContentException damaged(String program, Exception e) {
        return new BadContentException(
                "unpacking an archive: what "
                        + program
                        + " has compressed is damaged, cut off, or asks for too much memory: "
                        + e.getMessage(),
                e);
    }

    @Override
    public int read(byte[] into, int at, int length) throws IOException {
        int read;
        try {
            read = plain.read(into, at, length);
        } catch (IOException e) {
            if (compressed.failed) {
                throw e;
            }
            throw damaged(program, e);
        }
        count += Math.max(read, 0);
        limits.checkExpansion(count, compressed.count);
        return read;
    }

    @Override
    public void close() throws IOException {
        plain.close();
    }

    /** Counts what is read, and knows whether that went wrong here. */
    private static final class Source extends BulkInput {
        private final InputStream in;
        private long count;
        private boolean failed;

        Source(InputStream in) {
            this.in = in;
        }

        @Override
        public int read(byte[] into, int at, int length) throws IOException {
            failed = true;
            int read = in.read(into, at, length);
            failed = false;
            count += Math.max(read, 0);
            return read;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
