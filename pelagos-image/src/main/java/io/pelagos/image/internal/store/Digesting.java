package io.pelagos.image.internal.store;

import io.pelagos.image.internal.layer.BulkInput;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;

/** Computes the digest of all that passes; what is skipped passes too. */
final class Digesting extends BulkInput {
    private final InputStream in;
    private final MessageDigest digest;

    Digesting(InputStream in, MessageDigest digest) {
        this.in = in;
        this.digest = digest;
    }

    byte[] value() {
        return digest.digest();
    }

    @Override
    public int read(byte[] into, int at, int length) throws IOException {
        int read = in.read(into, at, length);
        if (read > 0) {
            digest.update(into, at, read);
        }
        return read;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
