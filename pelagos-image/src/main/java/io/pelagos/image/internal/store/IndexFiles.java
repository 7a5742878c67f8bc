package io.pelagos.image.internal.store;

import io.pelagos.core.spec.Bytes;
import io.pelagos.image.spec.BadContentException;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageIndex;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the directory of a name holds beside the image for one machine when the name is that of an
 * index: {@code oci-index.json}, and the manifest and configuration of each of its images, whose
 * files are named by the digest of the manifest. What the name stood for before stays whole until
 * {@code manifest.json} says otherwise, see {@link ImageDocuments}:
 *
 * <table>
 * <caption>How an index is stored in the place of another, or of an image</caption>
 * <tr><th>step</th><th>files</th><th>after a crash</th></tr>
 * <tr><td>1</td><td>the new index, by a name that begins with a dot; empty where an image alone
 *     takes the place of an index</td><td>removed</td></tr>
 * <tr><td>2</td><td>the files of its images</td><td>removed, but for those that the index before
 *     has too</td></tr>
 * <tr><td>3</td><td>{@code manifest.json}, which has the digest of the index, is replaced</td>
 *     <td>the name stands for the new one</td></tr>
 * <tr><td>4</td><td>files of images that only the index before has had are removed, then the index
 *     gets its name</td><td>done by the next who opens</td></tr>
 * </table>
 */
final class IndexFiles {
    private static final String INDEX = "oci-index.json";
    private static final String NEW = ".new-";
    private static final String PREFIX = "index-";

    /** What this class itself had called its temporary files. */
    private static final String FORMERLY = "^\\.new[0-9]+\\.tmp$";

    private IndexFiles() {}

    private static String manifest(Digest image) {
        return PREFIX + image.hex() + ".manifest.json";
    }

    private static String config(Digest image) {
        return PREFIX + image.hex() + ".config.json";
    }

    /** Reads an index whose digest is known, or nothing when the name has none of this digest. */
    static Optional<StoredIndex> read(Path directory, Digest digest) throws IOException {
        // It may get its name just now, between the first look and the second.
        for (var name : List.of(INDEX, NEW + INDEX, INDEX)) {
            var raw = ImageDocuments.optional(directory.resolve(name));
            // Another one is of an image that had the name before, or will have it.
            if (raw != null && digest.matches(raw)) {
                return members(directory, digest, raw);
            }
        }
        return Optional.empty();
    }

    private static Optional<StoredIndex> members(Path directory, Digest digest, byte[] raw)
            throws IOException {
        var members = new ArrayList<StoredIndex.Member>();
        try {
            for (var descriptor : ImageIndex.parse(raw).manifests()) {
                members.add(member(directory, descriptor.verifiable()));
            }
        } catch (NoSuchFileException e) {
            if (!ImageDocuments.digest(directory).equals(digest.toString())) {
                // The name stands for something else meanwhile.
                return Optional.empty();
            }
            throw new BadContentException("reading " + e.getFile() + ": is missing", e);
        }
        return Optional.of(new StoredIndex(Bytes.of(raw), members));
    }

    private static StoredIndex.Member member(Path directory, Digest image) throws IOException {
        var file = directory.resolve(manifest(image));
        var manifest = ImageDocuments.limited(file);
        if (!image.matches(manifest)) {
            throw new BadContentException("reading " + file + ": is damaged");
        }
        return new StoredIndex.Member(
                Bytes.of(manifest),
                Bytes.of(ImageDocuments.limited(directory.resolve(config(image)))));
    }

    /**
     * Prepares an index, or that there will be none, without changing what the name stands for.
     *
     * @return whether the directory was made for it
     */
    static boolean prepare(Path directory, @Nullable StoredIndex index) throws IOException {
        boolean made = ImageDocuments.make(directory);
        try {
            settle(directory);
            if (index != null || Files.exists(directory.resolve(INDEX))) {
                write(directory, index);
            }
            return made;
        } catch (IOException e) {
            takeBack(directory, made, e);
            throw e;
        }
    }

    private static void write(Path directory, @Nullable StoredIndex index) throws IOException {
        var raw = index == null ? new byte[0] : index.raw().toArray();
        ImageDocuments.write(directory.resolve(NEW + INDEX), raw);
        for (var member : index == null ? List.<StoredIndex.Member>of() : index.members()) {
            var manifest = member.manifest().toArray();
            var image = Digest.of(manifest);
            replace(directory, config(image), member.config().toArray());
            replace(directory, manifest(image), manifest);
        }
    }

    private static void replace(Path directory, String name, byte[] contents) throws IOException {
        ImageDocuments.write(directory.resolve(NEW + name), contents);
        rename(directory, name);
    }

    private static void rename(Path directory, String name) throws IOException {
        Files.move(
                directory.resolve(NEW + name),
                directory.resolve(name),
                StandardCopyOption.ATOMIC_MOVE);
    }

    /** Takes back what was prepared, unless it was decided already. */
    static void takeBack(Path directory, boolean made, IOException failure) {
        try {
            settle(directory);
            if (made && ImageDocuments.digest(directory).isEmpty()) {
                Files.deleteIfExists(directory);
            }
        } catch (IOException e) {
            // The next who opens the store does it.
            failure.addSuppressed(e);
        }
    }

    /** Whether somebody is storing or replacing an index, or has ended while doing so. */
    static boolean isUnfinished(Path directory) {
        return Files.exists(directory.resolve(NEW + INDEX));
    }

    /** Finishes what was decided, and takes back what was not; while nobody else writes. */
    static void settle(Path directory) throws IOException {
        var decided = ImageDocuments.digest(directory);
        var prepared = ImageDocuments.optional(directory.resolve(NEW + INDEX));
        var current = ImageDocuments.optional(directory.resolve(INDEX));
        if (is(prepared, decided)) {
            sweep(directory, prepared);
            rename(directory, INDEX);
        } else if (is(current, decided)) {
            sweep(directory, current);
            Files.deleteIfExists(directory.resolve(NEW + INDEX));
        } else {
            sweep(directory, null);
            Files.deleteIfExists(directory.resolve(INDEX));
            // Until it is gone the next who opens begins again.
            Files.deleteIfExists(directory.resolve(NEW + INDEX));
        }
    }

    private static boolean is(byte @Nullable [] index, String digest) {
        return index != null && Digest.of(index).toString().equals(digest);
    }

    /** Removes files of images that an index does not have. */
    private static void sweep(Path directory, byte @Nullable [] index) throws IOException {
        var kept = kept(index);
        var stale = new ArrayList<Path>();
        try (var files = Files.newDirectoryStream(directory)) {
            for (var file : files) {
                var name = String.valueOf(file.getFileName());
                if ((name.startsWith(PREFIX) && !kept.contains(name))
                        || name.startsWith(NEW + PREFIX)
                        || name.matches(FORMERLY)) {
                    stale.add(file);
                }
            }
        }
        for (var file : stale) {
            Files.deleteIfExists(file);
        }
    }

    private static Set<String> kept(byte @Nullable [] index) {
        var kept = new HashSet<String>();
        if (index != null) {
            for (var descriptor : ImageIndex.parse(index).manifests()) {
                var image = descriptor.verifiable();
                kept.add(manifest(image));
                kept.add(config(image));
            }
        }
        return kept;
    }
}
