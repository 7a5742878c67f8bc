package io.pelagos.image.testing;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;

/**
 * Bytes of a known number that can be read any number of times, without all of them in memory.
 *
 * @param size how many
 * @param source opens them at an offset
 */
record Content(long size, Source source) {
    static final Content EMPTY = of(new byte[0]);

    /** Opens content. */
    @FunctionalInterface
    interface Source {
        InputStream open(long offset) throws IOException;
    }

    static Content of(byte[] bytes) {
        return new Content(
                bytes.length,
                offset -> {
                    int from = Math.toIntExact(offset);
                    return new ByteArrayInputStream(bytes, from, bytes.length - from);
                });
    }

    InputStream open() throws IOException {
        return source.open(0);
    }

    /** The part from one offset up to another. */
    Content part(long from, long to) {
        return new Content(
                to - from,
                offset -> new LimitedInputStream(source.open(from + offset), to - from - offset));
    }

    /** The same content with one byte changed, counted from the end when the offset is negative. */
    Content withWrongByte(long at) {
        long position = at < 0 ? size + at : at;
        return new Content(
                size, offset -> new WrongByteInputStream(source.open(offset), position - offset));
    }

    /** The content, and some zeros after it. */
    Content withZeros(int count) {
        var zeros = new byte[count];
        return new Content(
                size + count,
                offset ->
                        offset >= size
                                ? of(zeros).source.open(offset - size)
                                : new SequenceInputStream(
                                        source.open(offset), new ByteArrayInputStream(zeros)));
    }

    /** Ends early. */
    private static final class LimitedInputStream extends FilterInputStream {
        private long left;

        LimitedInputStream(InputStream in, long left) {
            super(in);
            this.left = left;
        }

        @Override
        public int read() throws IOException {
            if (left <= 0) {
                return -1;
            }
            left--;
            return super.read();
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (length > 0 && left <= 0) {
                return -1;
            }
            int count = super.read(bytes, offset, (int) Math.min(length, left));
            left -= Math.max(0, count);
            return count;
        }
    }

    /** Inverts one byte. */
    private static final class WrongByteInputStream extends FilterInputStream {
        private long before;

        WrongByteInputStream(InputStream in, long before) {
            super(in);
            this.before = before;
        }

        @Override
        public int read() throws IOException {
            int value = super.read();
            return before-- == 0 && value >= 0 ? value ^ 0xff : value;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int count = super.read(bytes, offset, length);
            if (before >= 0 && before < count) {
                bytes[offset + (int) before] ^= (byte) 0xff;
            }
            before -= Math.max(0, count);
            return count;
        }
    }
}
