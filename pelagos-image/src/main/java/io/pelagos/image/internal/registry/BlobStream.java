package io.pelagos.image.internal.registry;

import io.pelagos.image.spec.BadContentException;
import io.pelagos.image.spec.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A blob on its way. What was cut is asked for from where it ended, with the digest carried on. The
 * last bytes are given out only once length and digest hold, so nobody who reads to the end sees
 * other content.
 *
 * <p>Failures are the unchecked exceptions of the client: {@link BadContentException}, {@link
 * io.pelagos.image.spec.RegistryException}; after an interrupt the latter, with the flag kept.
 */
final class BlobStream extends InputStream {
    private static final int OK = 200;
    private static final int PARTIAL = 206;
    private static final int UNSATISFIABLE = 416;

    private final Source source;
    private final Digest digest;
    private final long size;
    private final int most;
    private final MessageDigest computation;
    private @Nullable Reply reply;
    private long position;
    private int failures;
    private boolean verified;

    /** Where a blob comes from. */
    interface Source {
        /** Asks for the blob from an offset on; any answer that is not an error. */
        Reply open(long offset);

        /** Waits after a failure. */
        void pause(int failures) throws IOException;

        /** Says in words that it came to nothing. */
        RuntimeException failure(IOException cause);

        /** Whether another try is of use. */
        boolean mayContinue();
    }

    BlobStream(Source source, Digest digest, long size, int most) {
        this.source = source;
        this.digest = digest;
        this.size = size;
        this.most = most;
        this.computation = digest.newMessageDigest();
        this.reply = opened(0);
    }

    /** Brings an answer to where this stream is. */
    private Reply opened(long offset) {
        var opened = source.open(offset);
        try {
            prepare(opened, offset);
            return opened;
        } catch (RuntimeException e) {
            opened.close();
            throw e;
        } catch (IOException e) {
            opened.close();
            throw source.failure(e);
        }
    }

    private void prepare(Reply opened, long offset) throws IOException {
        switch (opened.code()) {
            case OK -> {
                checkSize(opened.length());
                // It knows nothing of ranges: what is here already is passed over.
                opened.skip(offset);
            }
            case PARTIAL -> checkRange(opened.header("Content-Range").orElse(""), offset);
            case UNSATISFIABLE ->
                    throw new BadContentException(
                            "blob " + digest + ": ends before byte " + offset + " of " + size);
            default -> throw new IOException("unexpected status " + opened.code());
        }
    }

    private void checkSize(long offered) {
        if (offered >= 0 && offered != size) {
            throw new BadContentException(
                    "blob " + digest + ": has " + offered + " bytes instead of " + size);
        }
    }

    /** See RFC 9110 section 14.4; the length may be an asterisk. */
    private void checkRange(String range, long offset) throws IOException {
        if (!range.startsWith("bytes " + offset + "-")) {
            throw new IOException(
                    "asked for bytes from " + offset + " and was sent \"" + range + "\"");
        }
        var total = range.substring(range.indexOf('/') + 1);
        if (total.matches("\\d{1,18}")) {
            checkSize(Long.parseLong(total));
        }
    }

    @Override
    public int read() {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        if (length == 0) {
            return 0;
        }
        if (position == size) {
            verify();
            return -1;
        }
        while (true) {
            int n;
            try {
                n = current().read(bytes, offset, (int) Math.min(length, size - position));
                if (n < 0 && current().endsWithConnection()) {
                    throw new IOException("the connection ended after " + position + " bytes");
                }
            } catch (IOException e) {
                recover(e);
                continue;
            }
            if (n < 0) {
                throw new BadContentException(
                        "blob " + digest + ": has " + position + " bytes instead of " + size);
            }
            failures = 0;
            computation.update(bytes, offset, n);
            position += n;
            if (position == size) {
                verify();
            }
            return n;
        }
    }

    private Reply current() throws IOException {
        if (reply == null) {
            throw new IOException("the stream is closed");
        }
        return reply;
    }

    private void recover(IOException cause) {
        if (reply == null
                || ++failures >= most
                || Thread.currentThread().isInterrupted()
                || !source.mayContinue()) {
            throw source.failure(cause);
        }
        close();
        try {
            source.pause(failures);
        } catch (IOException e) {
            throw source.failure(e);
        }
        reply = opened(position);
    }

    /** Looks for bytes beyond the end, then at the digest. */
    private void verify() {
        if (verified) {
            return;
        }
        try {
            if (current().read(new byte[1], 0, 1) > 0) {
                throw new BadContentException(
                        "blob " + digest + ": has more than " + size + " bytes");
            }
        } catch (IOException e) {
            // All that was promised is here; how the connection ends no longer matters.
            if (Thread.currentThread().isInterrupted()) {
                throw source.failure(e);
            }
        }
        var found = Digest.of(digest.algorithm(), computation.digest());
        if (!found.equals(digest)) {
            throw new BadContentException(
                    "blob " + digest + ": the content of " + size + " bytes is " + found);
        }
        verified = true;
        close();
    }

    @Override
    public void close() {
        if (reply != null) {
            reply.close();
            reply = null;
        }
    }
}
