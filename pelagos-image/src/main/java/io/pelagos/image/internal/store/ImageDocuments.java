package io.pelagos.image.internal.store;

import io.pelagos.image.spec.BadContentException;
import io.pelagos.image.spec.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The files of one image. They change together, although only one file can be replaced at once:
 *
 * <table>
 * <caption>How an image is stored</caption>
 * <tr><th>step</th><th>files</th><th>after a crash</th></tr>
 * <tr><td>1</td><td>the new documents, by names that begin with a dot</td><td>removed</td></tr>
 * <tr><td>2</td><td>{@code manifest.json}, which has their digests, is replaced</td>
 *     <td>the image is the new one</td></tr>
 * <tr><td>3</td><td>the documents get their names</td><td>done by the next who opens</td></tr>
 * </table>
 *
 * <p>Who reads between the last two steps finds by the digest which file is meant. What others have
 * written has no digests, and is taken as it is.
 */
final class ImageDocuments {
    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
    private static final String MAIN = "manifest.json";
    private static final String CONFIG = "oci-config.json";
    private static final String MANIFEST = "oci-manifest.json";
    private static final String NEW = ".new-";
    private static final int LIMIT = 4 << 20;
    private static final int TRIES = 100;

    private final JsonNode main;
    private final byte[] config;
    private final byte @Nullable [] manifest;

    private ImageDocuments(JsonNode main, byte[] config, byte @Nullable [] manifest) {
        this.main = main;
        this.config = config;
        this.manifest = manifest;
    }

    /** Returns what names the layers. */
    JsonNode main() {
        return main;
    }

    /** Returns the configuration as the registry has it. */
    byte[] config() {
        return config;
    }

    /** Returns the manifest as the registry has it, if it was kept. */
    Optional<byte[]> manifest() {
        return Optional.ofNullable(manifest);
    }

    private static String field(String name) {
        return name.equals(CONFIG) ? "config_digest" : "manifest_digest";
    }

    /** Reads an image, if there is one; the files belong together. */
    static Optional<ImageDocuments> read(Path directory) throws IOException {
        for (int i = 0; i < TRIES; i++) {
            try {
                var main = MAPPER.readTree(limited(directory.resolve(MAIN)));
                var config = document(directory, main, CONFIG);
                var manifest = document(directory, main, MANIFEST);
                if (config != null && (manifest != null || !main.has(field(MANIFEST)))) {
                    return Optional.of(new ImageDocuments(main, config, manifest));
                }
                if (!main.has(field(CONFIG))) {
                    return Optional.empty();
                }
                // Somebody has stored another image meanwhile, or removed this one.
            } catch (NoSuchFileException | NotDirectoryException _) {
                return Optional.empty();
            }
        }
        throw new BadContentException(
                "reading the image in "
                        + directory
                        + ": is damaged: its manifest or its configuration is missing");
    }

    private static byte @Nullable [] document(Path directory, JsonNode main, String name)
            throws IOException {
        var wanted = main.path(field(name)).stringValue("");
        var usual = optional(directory.resolve(name));
        if (wanted.isEmpty() || (usual != null && Digest.of(usual).toString().equals(wanted))) {
            return usual;
        }
        return optional(directory.resolve(NEW + name));
    }

    static byte @Nullable [] optional(Path file) throws IOException {
        try {
            return limited(file);
        } catch (NoSuchFileException _) {
            return null;
        }
    }

    static byte[] limited(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            return in.readNBytes(LIMIT);
        }
    }

    /**
     * Writes an image in the place of another; when that fails, the other is still there.
     *
     * @param isNew whether the directory was made for it
     */
    static void write(
            Path directory, Map<String, Object> main, byte[] manifest, byte[] config, boolean isNew)
            throws IOException {
        var fields = new LinkedHashMap<>(main);
        fields.put(field(CONFIG), Digest.of(config).toString());
        fields.put(field(MANIFEST), Digest.of(manifest).toString());
        settle(directory);
        try {
            write(directory.resolve(NEW + CONFIG), config);
            write(directory.resolve(NEW + MANIFEST), manifest);
            write(directory.resolve(NEW + MAIN), MAPPER.writeValueAsBytes(fields));
            sync(directory);
            rename(directory, MAIN);
        } catch (IOException e) {
            takeBack(directory);
            throw e;
        }
        rename(directory, CONFIG);
        rename(directory, MANIFEST);
        sync(directory);
        if (isNew) {
            sync(parent(directory));
        }
    }

    /** Makes the directory of a name; false when it is there. */
    static boolean make(Path directory) throws IOException {
        try {
            Files.createDirectory(directory);
            return true;
        } catch (FileAlreadyExistsException _) {
            return false;
        }
    }

    private static Path parent(Path directory) {
        return directory.resolve("..").normalize();
    }

    /** Writes a file whose contents are on disk when this returns. */
    static void write(Path file, byte[] contents) throws IOException {
        Files.deleteIfExists(file);
        try (var channel =
                FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (var rest = ByteBuffer.wrap(contents); rest.hasRemaining(); ) {
                channel.write(rest);
            }
            channel.force(true);
        }
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    }

    private static void rename(Path directory, String name) throws IOException {
        Files.move(
                directory.resolve(NEW + name),
                directory.resolve(name),
                StandardCopyOption.ATOMIC_MOVE);
    }

    private static void sync(Path directory) throws IOException {
        try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static void takeBack(Path directory) throws IOException {
        for (var name : List.of(MAIN, CONFIG, MANIFEST)) {
            Files.deleteIfExists(directory.resolve(NEW + name));
        }
    }

    /** Whether somebody is storing or removing an image, or has ended while doing so. */
    static boolean isUnfinished(Path directory) {
        return !Files.exists(directory.resolve(MAIN))
                || Files.exists(directory.resolve(NEW + MAIN))
                || Files.exists(directory.resolve(NEW + CONFIG))
                || Files.exists(directory.resolve(NEW + MANIFEST));
    }

    /** Finishes what was decided, and takes back what was not; while nobody else writes. */
    static void recover(Path directory) throws IOException {
        settle(directory);
        if (!Files.exists(directory.resolve(MAIN))) {
            remove(directory);
        }
    }

    private static void settle(Path directory) throws IOException {
        var json = decided(directory);
        for (var name : List.of(CONFIG, MANIFEST)) {
            var found = optional(directory.resolve(NEW + name));
            if (found == null) {
                continue;
            }
            if (Digest.of(found).toString().equals(json.path(field(name)).stringValue(""))) {
                rename(directory, name);
            } else {
                Files.deleteIfExists(directory.resolve(NEW + name));
            }
        }
        Files.deleteIfExists(directory.resolve(NEW + MAIN));
    }

    /** Returns the digest that the name stands for; empty when there is none that can be read. */
    static String digest(Path directory) throws IOException {
        return decided(directory).path("digest").stringValue("");
    }

    /** What is damaged has decided nothing: it is there to be replaced or removed. */
    private static JsonNode decided(Path directory) throws IOException {
        var main = optional(directory.resolve(MAIN));
        try {
            return main == null ? MAPPER.createObjectNode() : MAPPER.readTree(main);
        } catch (JacksonException _) {
            return MAPPER.createObjectNode();
        }
    }

    /** Removes an image. */
    static void remove(Path directory) throws IOException {
        // Without this file the image is gone, whatever happens to the others.
        Files.deleteIfExists(directory.resolve(MAIN));
        var files = new ArrayList<Path>();
        try (var all = Files.list(directory)) {
            all.forEach(files::add);
        } catch (NoSuchFileException _) {
            return;
        }
        for (var file : files) {
            Files.deleteIfExists(file);
        }
        Files.deleteIfExists(directory);
    }
}
