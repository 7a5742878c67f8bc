package io.pelagos.image.internal.layer;

import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import io.pelagos.image.spec.BadContentException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;

/** Finds out how something is compressed by looking at it, whatever its media type says. */
public enum Decompression {
    /** Not at all. */
    NONE,
    /** By gzip, see RFC 1952. */
    GZIP,
    /** By zstd, see RFC 8878; also what is chunked, which is the same to a reader. */
    ZSTD;

    private static final int MAGIC = 6;

    /** 128 MiB, what the command zstd(1) allows; larger windows are asked for by bombs. */
    private static final int WINDOW_LOG = 27;

    /**
     * Opens what was compressed.
     *
     * @param in the bytes
     * @param limits how many may come out
     * @return what they were before
     * @throws BadContentException when they are compressed in a way that layers are not
     * @throws IOException when they cannot be read
     */
    public static InputStream open(InputStream in, UnpackLimits limits) throws IOException {
        var counted = new Counted(in);
        var magic = counted.readNBytes(MAGIC);
        var whole = new SequenceInputStream(new ByteArrayInputStream(magic), counted);
        var plain =
                switch (of(magic)) {
                    case NONE -> whole;
                    case GZIP -> new GzipInput(whole);
                    case ZSTD -> zstd(whole);
                };
        return new Bounded(plain, counted, limits);
    }

    private static InputStream zstd(InputStream in) throws IOException {
        var stream = new ZstdInputStreamNoFinalizer(in);
        stream.setLongMax(WINDOW_LOG);
        return stream;
    }

    /**
     * Looks at the first bytes.
     *
     * @param magic at least six, unless there are fewer
     * @return how they go on
     * @throws BadContentException when they are compressed in a way that layers are not
     */
    public static Decompression of(byte[] magic) {
        if (starts(magic, 0x1f, 0x8b)) {
            return GZIP;
        }
        // A frame, or a skippable one.
        if (starts(magic, 0x28, 0xb5, 0x2f, 0xfd)
                || (magic.length > 3
                        && (magic[0] & 0xf0) == 0x50
                        && starts(new byte[] {magic[1], magic[2], magic[3]}, 0x2a, 0x4d, 0x18))) {
            return ZSTD;
        }
        if (starts(magic, 0xfd, '7', 'z', 'X', 'Z')) {
            throw unknown("xz");
        }
        if (starts(magic, 'B', 'Z', 'h')) {
            throw unknown("bzip2");
        }
        return NONE;
    }

    private static BadContentException unknown(String program) {
        return new BadContentException(
                "unpacking a layer: is compressed by "
                        + program
                        + "; layers are compressed by gzip or zstd, or not at all");
    }

    private static boolean starts(byte[] bytes, int... magic) {
        if (bytes.length < magic.length) {
            return false;
        }
        for (int i = 0; i < magic.length; i++) {
            if ((bytes[i] & 0xff) != magic[i]) {
                return false;
            }
        }
        return true;
    }

    /** Counts what is read. */
    private static final class Counted extends BulkInput {
        private final InputStream in;
        private long count;

        Counted(InputStream in) {
            this.in = in;
        }

        @Override
        public int read(byte[] into, int at, int length) throws IOException {
            int read = in.read(into, at, length);
            count += Math.max(read, 0);
            return read;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }

    /** Lets no more through than is allowed, and says what is wrong in one way. */
    private static final class Bounded extends BulkInput {
        private final InputStream in;
        private final Counted compressed;
        private final UnpackLimits limits;
        private long count;

        Bounded(InputStream in, Counted compressed, UnpackLimits limits) {
            this.in = in;
            this.compressed = compressed;
            this.limits = limits;
        }

        @Override
        public int read(byte[] into, int at, int length) throws IOException {
            int read;
            try {
                read = in.read(into, at, length);
            } catch (ZstdIOException e) {
                throw new BadContentException(
                        "unpacking a layer: what zstd has compressed is damaged, or asks for too"
                                + " much memory: "
                                + e.getMessage(),
                        e);
            }
            count += Math.max(read, 0);
            limits.checkExpansion(count, compressed.count);
            return read;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
