package io.pelagos.image.internal.store;

import io.pelagos.core.spec.Bytes;
import io.pelagos.image.spec.BadContentException;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageIndex;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Optional;

/**
 * What the directory of a name holds beside the image for one machine when the name is that of an
 * index: {@code oci-index.json}, and the manifest and configuration of each of its images.
 */
final class IndexFiles {
    private static final String INDEX = "oci-index.json";
    private static final String PREFIX = "index-";

    private IndexFiles() {}

    private static Path manifest(Path directory, Digest image) {
        return directory.resolve(PREFIX + image.hex() + ".manifest.json");
    }

    private static Path config(Path directory, Digest image) {
        return directory.resolve(PREFIX + image.hex() + ".config.json");
    }

    /** Reads an index whose digest is known, or nothing when the name has none of this digest. */
    static Optional<StoredIndex> read(Path directory, Digest digest) throws IOException {
        byte[] raw;
        try {
            raw = ImageDocuments.limited(directory.resolve(INDEX));
        } catch (NoSuchFileException _) {
            return Optional.empty();
        }
        if (!digest.matches(raw)) {
            // Of an image that had the name before.
            return Optional.empty();
        }
        var members = new ArrayList<StoredIndex.Member>();
        for (var descriptor : ImageIndex.parse(raw).manifests()) {
            var image = descriptor.verifiable();
            var manifest = ImageDocuments.limited(manifest(directory, image));
            if (!image.matches(manifest)) {
                throw new BadContentException(
                        "reading " + manifest(directory, image) + ": is damaged");
            }
            members.add(
                    new StoredIndex.Member(
                            Bytes.of(manifest),
                            Bytes.of(ImageDocuments.limited(config(directory, image)))));
        }
        return Optional.of(new StoredIndex(Bytes.of(raw), members));
    }

    /** Writes an index; the file that names the others is the last. */
    static void write(Path directory, StoredIndex index) throws IOException {
        Files.createDirectories(directory);
        for (var member : index.members()) {
            var manifest = member.manifest().toArray();
            var image = Digest.of(manifest);
            replace(config(directory, image), member.config().toArray());
            replace(manifest(directory, image), manifest);
        }
        replace(directory.resolve(INDEX), index.raw().toArray());
    }

    private static void replace(Path file, byte[] contents) throws IOException {
        var temporary = Files.createTempFile(file.getParent(), ".new", null);
        try {
            try (var channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                for (var rest = ByteBuffer.wrap(contents); rest.hasRemaining(); ) {
                    channel.write(rest);
                }
                channel.force(true);
            }
            Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rw-r--r--"));
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    /** Removes what an index has left that the name no longer stands for. */
    static void remove(Path directory) throws IOException {
        Files.deleteIfExists(directory.resolve(INDEX));
        try (var files = Files.newDirectoryStream(directory, PREFIX + "*.json")) {
            for (var file : files) {
                Files.deleteIfExists(file);
            }
        }
    }
}
