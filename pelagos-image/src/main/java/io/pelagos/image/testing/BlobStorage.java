package io.pelagos.image.testing;

import io.pelagos.image.spec.Digest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The content of blobs by digest, whichever repositories they are in: small ones in memory, others
 * in files of a temporary directory that is made with the first of them.
 */
final class BlobStorage implements AutoCloseable {
    private final Map<Digest, Content> blobs = new HashMap<>();
    private @Nullable Path directory;
    private boolean closed;

    synchronized Optional<Content> find(Digest digest) {
        return Optional.ofNullable(blobs.get(digest));
    }

    /** Keeps content that is known to have a digest. */
    synchronized void put(Digest digest, Content content) {
        blobs.putIfAbsent(digest, content);
    }

    Digest put(byte[] bytes) {
        var digest = Digest.of(bytes);
        put(digest, Content.of(bytes.clone()));
        return digest;
    }

    /** Makes an empty file for a large blob. */
    synchronized Path newFile() throws IOException {
        if (closed) {
            throw new IOException("the registry is closed");
        }
        if (directory == null) {
            directory = Files.createTempDirectory("pelagos-registry-");
        }
        return Files.createTempFile(directory, "blob-", "");
    }

    /** Removes the files; nothing else is ever in their directory. */
    @Override
    public synchronized void close() {
        closed = true;
        blobs.clear();
        if (directory == null) {
            return;
        }
        try {
            try (var files = Files.newDirectoryStream(directory)) {
                for (var file : files) {
                    Files.delete(file);
                }
            }
            Files.delete(directory);
        } catch (IOException e) {
            throw new UncheckedIOException("removing " + directory, e);
        }
        directory = null;
    }
}
