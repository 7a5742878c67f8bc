package io.pelagos.image.internal.store;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.pelagos.core.paths.ImagePaths;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageReference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Results of build steps: a file each, by the key of the step, with the digest of the layer that it
 * made. It holds no layer: a result whose layer is gone is of no use, and the step is done again.
 */
public final class BuildCache {
    private static final int LIMIT = 256;

    private final ImagePaths paths;

    /**
     * Makes a way in.
     *
     * @param paths where it is; nothing need be there
     */
    public BuildCache(ImagePaths paths) {
        this.paths = paths;
    }

    /**
     * A result.
     *
     * @param key of the step
     * @param layer what it made; empty when the file does not say
     * @param bytes of the file
     */
    public record Entry(String key, Optional<Digest> layer, long bytes) {}

    /**
     * Lists the results; what else is in the directory is none.
     *
     * @return by key
     * @throws io.pelagos.image.spec.StoreException when they cannot be read
     */
    public List<Entry> list() {
        var directory = paths.buildCacheDir();
        var all = new ArrayList<Entry>();
        try (var files = Files.list(directory)) {
            for (var file : (Iterable<Path>) files.sorted()::iterator) {
                var key = String.valueOf(file.getFileName());
                if (ImageReference.isIdentifier(key)
                        && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                    entry(key, file).ifPresent(all::add);
                }
            }
            return all;
        } catch (NoSuchFileException _) {
            return List.of();
        } catch (IOException e) {
            throw StoreFailure.of("reading the build cache in " + directory, directory, e);
        }
    }

    private static Optional<Entry> entry(String key, Path file) throws IOException {
        try (var in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
            var text = new String(in.readNBytes(LIMIT), US_ASCII).strip();
            return Optional.of(new Entry(key, digest(text), Files.size(file)));
        } catch (NoSuchFileException _) {
            // Somebody else has just removed it.
            return Optional.empty();
        }
    }

    private static Optional<Digest> digest(String text) {
        try {
            return Optional.of(Digest.parse(text));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    /**
     * Removes a result.
     *
     * @param entry which
     * @return false when somebody else has
     * @throws io.pelagos.image.spec.StoreException when it cannot be removed
     */
    public boolean remove(Entry entry) {
        var file = paths.buildCacheFile(entry.key());
        try {
            return Files.deleteIfExists(file);
        } catch (IOException e) {
            throw StoreFailure.of("removing " + file, paths.buildCacheDir(), e);
        }
    }
}
