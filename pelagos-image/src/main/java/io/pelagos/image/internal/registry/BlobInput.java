package io.pelagos.image.internal.registry;

import io.pelagos.image.spec.BadContentException;
import io.pelagos.image.spec.Descriptor;
import io.pelagos.image.spec.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * Bytes of a blob that turn out to be the right ones, or end in an exception. The digest is carried
 * on over broken connections, so nothing is read twice.
 */
final class BlobInput extends InputStream {
    private final BlobSource source;
    private final Descriptor blob;
    private final Digest expected;
    private final MessageDigest digest;
    private @Nullable InputStream in;
    private long count;
    private boolean checked;

    BlobInput(BlobSource source, Descriptor blob) {
        this.source = source;
        this.blob = blob;
        expected = blob.verifiable();
        digest = expected.newMessageDigest();
        in = opened();
    }

    private InputStream opened() {
        return source.transport()
                .again(source.question(), source.endpoint().server(), () -> source.open(count));
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int at, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        int read = received(into, at, length);
        if (read < 0) {
            check();
            return -1;
        }
        count += read;
        if (count > blob.size()) {
            throw new BadContentException(
                    source.question().purpose()
                            + ": is longer than the "
                            + blob.size()
                            + " bytes that its manifest says");
        }
        digest.update(into, at, read);
        return read;
    }

    /** A connection that breaks, or ends too early, is made again a few times. */
    private int received(byte[] into, int at, int length) {
        return source.transport()
                .again(
                        source.question(),
                        source.endpoint().server(),
                        () -> {
                            var open = in;
                            if (open == null) {
                                open = source.open(count);
                                in = open;
                            }
                            try {
                                int read = open.read(into, at, length);
                                if (read < 0 && count < blob.size()) {
                                    throw new IOException(
                                            "it ended after "
                                                    + count
                                                    + " of "
                                                    + blob.size()
                                                    + " bytes");
                                }
                                return read;
                            } catch (IOException e) {
                                in = null;
                                closeQuietly(open, e);
                                throw e;
                            }
                        });
    }

    private static void closeQuietly(InputStream stream, IOException cause) {
        try {
            stream.close();
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }

    private void check() {
        if (checked) {
            return;
        }
        var actual = Digest.of(expected.algorithm(), digest.digest());
        if (!actual.equals(expected)) {
            throw new BadContentException(
                    source.question().purpose() + ": what came has another digest: " + actual);
        }
        checked = true;
    }

    @Override
    public void close() throws IOException {
        if (in != null) {
            in.close();
        }
    }
}
