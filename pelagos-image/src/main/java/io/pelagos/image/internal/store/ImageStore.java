package io.pelagos.image.internal.store;

import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.image.spec.BadContentException;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageConfig;
import io.pelagos.image.spec.ImageReference;
import io.pelagos.image.spec.StoreException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Images by their references: a directory each, with {@code manifest.json}, which names the layers;
 * {@code oci-config.json}, the configuration as the registry has it; and {@code oci-manifest.json},
 * the manifest as the registry has it. The first is written last and replaced at once.
 */
public final class ImageStore {
    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
    private static final String RAW = "oci-manifest.json";
    private static final int LIMIT = 4 << 20;

    private final PelagosPaths paths;

    /**
     * Makes a store.
     *
     * @param paths where it is
     */
    public ImageStore(PelagosPaths paths) {
        this.paths = paths;
    }

    /**
     * Finds an image.
     *
     * @param reference exactly what it is called
     * @return empty when there is none
     * @throws StoreException when it cannot be read
     * @throws BadContentException when it is damaged
     */
    public Optional<StoredImage> find(ImageReference reference) {
        return read(paths.images().imageDir(reference.toString()))
                .filter(it -> it.reference().equals(reference));
    }

    /**
     * Lists the images.
     *
     * @return by name
     */
    public List<StoredImage> list() {
        var all = new ArrayList<StoredImage>();
        try (var directories = Files.list(paths.images().imagesDir())) {
            for (var directory : (Iterable<Path>) directories::iterator) {
                read(directory).ifPresent(all::add);
            }
        } catch (NoSuchFileException _) {
            return List.of();
        } catch (IOException e) {
            throw failed("reading the images in", paths.images().imagesDir(), e);
        }
        all.sort(Comparator.comparing(it -> it.reference().toString()));
        return all;
    }

    private static StoreException failed(String doing, Path path, IOException e) {
        return new StoreException(doing + " " + path + ": " + e, e);
    }

    private static Optional<StoredImage> read(Path directory) {
        try {
            var json = MAPPER.readTree(limited(directory.resolve("manifest.json")));
            var config = limited(directory.resolve("oci-config.json"));
            return Optional.of(
                    new StoredImage(
                            ImageReference.parse(json.path("reference").stringValue("")),
                            Digest.parse(json.path("digest").stringValue("")),
                            layers(json),
                            ImageConfig.parse(config)));
        } catch (NoSuchFileException | NotDirectoryException _) {
            return Optional.empty();
        } catch (IOException e) {
            throw failed("reading the image in", directory, e);
        } catch (JacksonException | IllegalArgumentException e) {
            throw new BadContentException(
                    "reading the image in " + directory + ": is damaged: " + e.getMessage(), e);
        }
    }

    static byte[] limited(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            return in.readNBytes(LIMIT);
        }
    }

    private static List<StoredImage.Layer> layers(JsonNode json) {
        var all = new ArrayList<StoredImage.Layer>();
        var types = json.path("layer_types");
        for (var layer : json.path("layers")) {
            all.add(
                    new StoredImage.Layer(
                            Digest.parse(layer.stringValue("")),
                            types.path(all.size()).stringValue("")));
        }
        return all;
    }

    /**
     * Returns the manifest as the registry has it.
     *
     * @param reference exactly what the image is called
     * @return empty when it was stored by somebody who does not keep it
     */
    public Optional<byte[]> manifest(ImageReference reference) {
        return file(reference, RAW);
    }

    /**
     * Returns the configuration as the registry has it.
     *
     * @param reference exactly what the image is called
     * @return empty when there is no such image
     */
    public Optional<byte[]> config(ImageReference reference) {
        return file(reference, "oci-config.json");
    }

    private Optional<byte[]> file(ImageReference reference, String name) {
        var file = paths.images().imageDir(reference.toString()).resolve(name);
        try {
            return Optional.of(limited(file));
        } catch (NoSuchFileException _) {
            return Optional.empty();
        } catch (IOException e) {
            throw failed("reading", file, e);
        }
    }

    /**
     * Returns the index that a name stands for, with all its images.
     *
     * @param image an image in the store
     * @return empty when it stands for one image alone
     */
    public Optional<StoredIndex> index(StoredImage image) {
        var directory = paths.images().imageDir(image.reference().toString());
        try {
            return IndexFiles.read(directory, image.digest());
        } catch (IOException e) {
            throw failed("reading the index in", directory, e);
        }
    }

    /**
     * Makes an index visible: its image for this machine has the name, the others are kept with it.
     *
     * @param image the image for this machine, with the digest of the index
     * @param manifest the manifest of that image
     * @param config the configuration of that image
     * @param index all images
     */
    public void save(StoredImage image, byte[] manifest, byte[] config, StoredIndex index) {
        var directory = paths.images().imageDir(image.reference().toString());
        try {
            IndexFiles.write(directory, index);
        } catch (IOException e) {
            throw failed("storing the index in", directory, e);
        }
        write(directory, image, manifest, config);
    }

    /**
     * Makes an image visible, whose layers are there; one with the same name gives way to it.
     *
     * @param image the image
     * @param manifest its manifest as the registry has it
     * @param config its configuration as the registry has it
     */
    public void save(StoredImage image, byte[] manifest, byte[] config) {
        var directory = paths.images().imageDir(image.reference().toString());
        write(directory, image, manifest, config);
        try {
            IndexFiles.remove(directory);
        } catch (IOException e) {
            throw failed("storing the image in", directory, e);
        }
    }

    private static void write(Path directory, StoredImage image, byte[] manifest, byte[] config) {
        try {
            Files.createDirectories(directory);
            replace(directory.resolve("oci-config.json"), config);
            replace(directory.resolve(RAW), manifest);
            replace(directory.resolve("manifest.json"), MAPPER.writeValueAsBytes(json(image)));
            try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true);
            }
        } catch (IOException e) {
            throw failed("storing the image in", directory, e);
        }
    }

    static void replace(Path file, byte[] contents) throws IOException {
        var temporary = Files.createTempFile(file.getParent(), ".new", null);
        try {
            try (var channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                channel.write(java.nio.ByteBuffer.wrap(contents));
                channel.force(true);
            }
            Files.setPosixFilePermissions(
                    temporary,
                    java.nio.file.attribute.PosixFilePermissions.fromString("rw-r--r--"));
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private static Map<String, Object> json(StoredImage image) {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("reference", image.reference().toString());
        fields.put("digest", image.digest().toString());
        fields.put("layers", image.layers().stream().map(it -> it.digest().toString()).toList());
        fields.put(
                "layer_types", image.layers().stream().map(StoredImage.Layer::mediaType).toList());
        var execution = image.config().execution();
        var config = new LinkedHashMap<String, Object>();
        config.put("env", execution.env());
        config.put("cmd", execution.cmd());
        config.put("entrypoint", execution.entrypoint());
        config.put("working_dir", execution.workingDir());
        config.put("user", execution.user());
        config.put("labels", new java.util.TreeMap<>(execution.labels()));
        var signal = execution.stopSignal();
        config.put("stop_signal", signal == null ? "" : signal);
        fields.put("config", config);
        return fields;
    }

    /**
     * Measures the documents of an image.
     *
     * @param reference exactly what it is called
     * @return bytes of files, 0 when there is no such image
     */
    public long size(ImageReference reference) {
        var directory = paths.images().imageDir(reference.toString());
        try (var files = Files.list(directory)) {
            long bytes = 0;
            for (var file : (Iterable<Path>) files::iterator) {
                bytes += Files.size(file);
            }
            return bytes;
        } catch (NoSuchFileException _) {
            return 0;
        } catch (IOException e) {
            throw failed("reading the image in", directory, e);
        }
    }

    /**
     * Removes a name. Layers stay until they are collected.
     *
     * @param reference exactly what the image is called
     * @return false when there was none
     */
    public boolean remove(ImageReference reference) {
        if (find(reference).isEmpty()) {
            return false;
        }
        var directory = paths.images().imageDir(reference.toString());
        try {
            // Without this file the image is gone, whatever happens to the others.
            Files.deleteIfExists(directory.resolve("manifest.json"));
            try (var files = Files.list(directory)) {
                for (var file : (Iterable<Path>) files::iterator) {
                    Files.deleteIfExists(file);
                }
            }
            Files.deleteIfExists(directory);
            return true;
        } catch (IOException e) {
            throw failed("removing the image in", directory, e);
        }
    }
}
