package io.pelagos.image.internal.layer;

import java.io.IOException;
import java.io.InputStream;

/** A stream that is read in pieces; one byte is a piece too. */
public abstract class BulkInput extends InputStream {
    /** For those that read from something else. */
    protected BulkInput() {}

    @Override
    public final int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public abstract int read(byte[] into, int at, int length) throws IOException;
}
