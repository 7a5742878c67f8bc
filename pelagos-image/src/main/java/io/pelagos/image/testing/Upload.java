package io.pelagos.image.testing;

import io.pelagos.image.spec.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * A blob on its way in. What arrived stays when the connection breaks, so that the client can go on
 * from there.
 */
final class Upload implements AutoCloseable {
    private static final int IN_MEMORY = 1 << 20;
    private static final int SLICE = 1 << 16;

    private final BlobStorage storage;
    private final ByteArrayOutputStream memory = new ByteArrayOutputStream();
    private final MessageDigest sha256 = messageDigest();
    private @Nullable Path path;
    private @Nullable OutputStream file;
    private long size;

    Upload(BlobStorage storage) {
        this.storage = storage;
    }

    private static MessageDigest messageDigest() {
        return Digest.of(new byte[0]).newMessageDigest();
    }

    synchronized long size() {
        return size;
    }

    /** Adds all that a client sends. */
    synchronized void append(InputStream body) throws IOException {
        var slice = new byte[SLICE];
        for (int count = body.read(slice); count >= 0; count = body.read(slice)) {
            try {
                write(slice, count);
            } catch (IOException e) {
                throw new UncheckedIOException("keeping a blob", e);
            }
        }
    }

    private void write(byte[] bytes, int count) throws IOException {
        if (file == null && size + count > IN_MEMORY) {
            path = storage.newFile();
            file = Files.newOutputStream(path);
            memory.writeTo(file);
            memory.reset();
        }
        if (file == null) {
            memory.write(bytes, 0, count);
        } else {
            file.write(bytes, 0, count);
        }
        sha256.update(bytes, 0, count);
        size += count;
    }

    /** Puts the blob into the storage, if it is what it is said to be. */
    synchronized boolean finish(Digest digest) throws IOException {
        close();
        var content = content();
        if (!digest.equals(computed(digest, content))) {
            if (path != null) {
                Files.deleteIfExists(path);
            }
            return false;
        }
        storage.put(digest, content);
        return true;
    }

    private Content content() {
        var kept = path;
        return kept == null
                ? Content.of(memory.toByteArray())
                : new Content(size, offset -> open(kept, offset));
    }

    private static InputStream open(Path path, long offset) throws IOException {
        var channel = FileChannel.open(path, StandardOpenOption.READ);
        channel.position(offset);
        return Channels.newInputStream(channel);
    }

    /** SHA-256 is known by now; what is rarer needs another look at the bytes. */
    private Digest computed(Digest wanted, Content content) throws IOException {
        if (wanted.algorithm().equals("sha256")) {
            return Digest.of("sha256", sha256.digest());
        }
        var other = wanted.newMessageDigest();
        try (var in = content.open()) {
            var slice = new byte[SLICE];
            for (int count = in.read(slice); count >= 0; count = in.read(slice)) {
                other.update(slice, 0, count);
            }
        }
        return Digest.of(wanted.algorithm(), other.digest());
    }

    /** Forgets what arrived. */
    synchronized void cancel() throws IOException {
        close();
        if (path != null) {
            Files.deleteIfExists(path);
        }
    }

    @Override
    public synchronized void close() throws IOException {
        if (file != null) {
            file.close();
        }
    }
}
