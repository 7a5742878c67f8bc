package io.pelagos.image.internal.layer;

import io.pelagos.image.spec.BadContentException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Reads what gzip has compressed, see RFC 1952: any number of members one after the other, each
 * checked. Unlike the JDK's, it refuses what follows the last one, unless it is zeros.
 */
final class GzipInput extends BulkInput {
    private static final int BUFFER = 1 << 16;
    private static final int FHCRC = 2;
    private static final int FEXTRA = 4;
    private static final int FNAME = 8;
    private static final int FCOMMENT = 16;
    private static final int RESERVED = 0xe0;
    private static final int DEFLATE = 8;

    private final InputStream in;
    private final Inflater inflater = new Inflater(true);
    private final CRC32 checksum = new CRC32();
    private final byte[] buffer = new byte[BUFFER];
    private int at;
    private int end;
    private boolean ended;

    GzipInput(InputStream in) throws IOException {
        this.in = in;
        header(needed());
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (!ended) {
            int count = inflate(into, offset, length);
            if (count > 0) {
                checksum.update(into, offset, count);
                return count;
            }
            if (inflater.finished()) {
                at = end - inflater.getRemaining();
                trailer();
                next();
            } else if (inflater.needsDictionary()) {
                throw damaged("it needs a dictionary");
            } else if (inflater.needsInput()) {
                fill();
                inflater.setInput(buffer, 0, end);
                at = end;
            }
        }
        return -1;
    }

    private int inflate(byte[] into, int offset, int length) {
        try {
            return inflater.inflate(into, offset, length);
        } catch (DataFormatException e) {
            throw damaged(String.valueOf(e.getMessage()));
        }
    }

    private void fill() throws IOException {
        end = in.read(buffer);
        at = 0;
        if (end < 0) {
            end = 0;
            throw new EOFException("a compressed layer ends before its time");
        }
    }

    /** Returns the next byte of the compressed stream, or -1. */
    private int raw() throws IOException {
        if (at == end) {
            end = in.read(buffer);
            at = 0;
            if (end < 0) {
                end = 0;
                return -1;
            }
        }
        return buffer[at++] & 0xff;
    }

    private int needed() throws IOException {
        int b = raw();
        if (b < 0) {
            throw new EOFException("a compressed layer ends before its time");
        }
        return b;
    }

    private void header(int first) throws IOException {
        if (first != 0x1f || needed() != 0x8b || needed() != DEFLATE) {
            throw damaged("a member does not begin as it must");
        }
        int flags = needed();
        if ((flags & RESERVED) != 0) {
            throw damaged("a member has flags that nobody knows");
        }
        skip(6); // When it was made, how, and where.
        if ((flags & FEXTRA) != 0) {
            skip(needed() | needed() << 8);
        }
        if ((flags & FNAME) != 0) {
            skipText();
        }
        if ((flags & FCOMMENT) != 0) {
            skipText();
        }
        if ((flags & FHCRC) != 0) {
            skip(2);
        }
        inflater.reset();
        checksum.reset();
        inflater.setInput(buffer, at, end - at);
        at = end;
    }

    private void skip(int count) throws IOException {
        for (int i = 0; i < count; i++) {
            needed();
        }
    }

    private void skipText() throws IOException {
        int length = 0;
        while (needed() != 0) {
            if (++length > BUFFER) {
                throw damaged("a member has a name without an end");
            }
        }
    }

    private void trailer() throws IOException {
        if (number() != checksum.getValue()) {
            throw damaged("the checksum is another one");
        }
        if (number() != (inflater.getBytesWritten() & 0xffffffffL)) {
            throw damaged("the length is another one");
        }
    }

    private long number() throws IOException {
        return needed() | needed() << 8 | needed() << 16 | (long) needed() << 24;
    }

    private void next() throws IOException {
        int first = raw();
        if (first > 0) {
            header(first);
            return;
        }
        while (first == 0) {
            first = raw();
        }
        if (first > 0) {
            throw damaged("something follows its end");
        }
        ended = true;
    }

    private static BadContentException damaged(String why) {
        return new BadContentException(
                "unpacking a layer: what gzip has compressed is damaged: " + why);
    }

    @Override
    public void close() throws IOException {
        inflater.end();
        in.close();
    }
}
