package io.pelagos.image.internal.store;

import io.pelagos.image.spec.BadContentException;
import io.pelagos.image.spec.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.DigestInputStream;

/** A blob that is there already, which may have been damaged since. */
final class VerifiedFile extends DigestInputStream {
    private final Path file;
    private final Digest expected;
    private final boolean ours;
    private boolean ended;

    /**
     * Opens a blob.
     *
     * @param file the blob
     * @param expected the digest that its end is checked against (BadContentException)
     * @param ours whether it is removed when it has another
     */
    VerifiedFile(Path file, Digest expected, boolean ours) throws IOException {
        super(open(file), expected.newMessageDigest());
        this.ours = ours;
        this.file = file;
        this.expected = expected;
    }

    /** Tells whether its end was seen. */
    boolean hasEnded() {
        return ended;
    }

    private static InputStream open(Path file) throws IOException {
        try {
            return Files.newInputStream(file);
        } catch (NoSuchFileException e) {
            throw new IOException("the blob " + file + " is gone", e);
        }
    }

    @Override
    public int read(byte[] into, int at, int length) throws IOException {
        int read = super.read(into, at, length);
        if (read < 0 && !ended) {
            ended = true;
            var actual = Digest.of(expected.algorithm(), getMessageDigest().digest());
            if (!actual.equals(expected)) {
                if (ours) {
                    // It helps nobody any more: the next attempt fetches it again.
                    Files.deleteIfExists(file);
                }
                throw new BadContentException(
                        "reading " + file + ": is damaged: its digest is " + actual);
            }
        }
        return read;
    }
}
