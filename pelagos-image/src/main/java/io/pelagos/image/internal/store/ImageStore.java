package io.pelagos.image.internal.store;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.image.spec.BadContentException;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageConfig;
import io.pelagos.image.spec.ImageReference;
import io.pelagos.image.spec.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Images by their references: a directory each, with {@code manifest.json}, which names the layers;
 * {@code oci-config.json}, the configuration as the registry has it; and {@code oci-manifest.json},
 * the manifest as the registry has it. The first says which of the others belong to it, and becomes
 * visible at once, see {@link ImageDocuments}.
 */
public final class ImageStore {
    private static final System.Logger LOGGER = System.getLogger(ImageStore.class.getName());
    private static final String LOCK = ".lock";

    private final FileCalls calls;
    private final PelagosPaths paths;

    /** Those of this JVM wait for each other here, because flock(2) would hold their carriers. */
    private final ReentrantLock writing = new ReentrantLock();

    /** Changes something while nobody else does. */
    @FunctionalInterface
    private interface Change {
        void apply() throws IOException;
    }

    /**
     * Makes a store.
     *
     * @param calls how files are reached
     * @param paths where it is
     */
    public ImageStore(FileCalls calls, PelagosPaths paths) {
        this.calls = calls;
        this.paths = paths;
    }

    /**
     * Finishes or takes back what those were doing that ended before their time.
     *
     * @throws StoreException when the images cannot be read
     */
    public void open() {
        for (var directory : directories()) {
            if (ImageDocuments.isUnfinished(directory) || IndexFiles.isUnfinished(directory)) {
                try {
                    change("recovering", directory, () -> recover(directory));
                } catch (StoreException e) {
                    // Of another user, who shares the store, or the store is read-only.
                    LOGGER.log(System.Logger.Level.DEBUG, e.getMessage());
                }
            }
        }
    }

    private static void recover(Path directory) throws IOException {
        ImageDocuments.recover(directory);
        if (Files.isDirectory(directory)) {
            IndexFiles.settle(directory);
        }
    }

    private List<Path> directories() {
        try (var directories = Files.list(paths.images().imagesDir())) {
            return directories.filter(Files::isDirectory).toList();
        } catch (NoSuchFileException _) {
            return List.of();
        } catch (IOException e) {
            throw failed("reading the images in", paths.images().imagesDir(), e);
        }
    }

    /** Writes and removals follow each other; readers see what was before or after. */
    private void change(String doing, Path directory, Change change) {
        writing.lock();
        try (var lock = DigestLock.acquire(calls, paths.images().imagesDir(), LOCK)) {
            Objects.requireNonNull(lock);
            change.apply();
        } catch (IOException e) {
            throw failed(doing, directory, e);
        } catch (ErrnoException e) {
            throw StoreFailure.of(doing + " " + directory, e);
        } finally {
            writing.unlock();
        }
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
     * Lists all images, for whoever must not miss one: what a damaged image needs is not known.
     *
     * @return by name
     * @throws BadContentException when one is damaged
     */
    public List<StoredImage> list() {
        return sorted(directories().stream().map(ImageStore::read).flatMap(Optional::stream));
    }

    /**
     * Lists the images that are not damaged, and logs which are: one must not hide the others.
     *
     * @return by name
     */
    public List<StoredImage> listReadable() {
        return sorted(
                directories().stream().map(ImageStore::readUndamaged).flatMap(Optional::stream));
    }

    private static List<StoredImage> sorted(Stream<StoredImage> images) {
        return images.sorted(Comparator.comparing(it -> it.reference().toString())).toList();
    }

    private static Optional<StoredImage> readUndamaged(Path directory) {
        try {
            return read(directory);
        } catch (BadContentException e) {
            LOGGER.log(
                    System.Logger.Level.WARNING,
                    "an image is left out of the list; repair it or remove it by force: "
                            + e.getMessage());
            return Optional.empty();
        }
    }

    private static StoreException failed(String doing, Path path, IOException e) {
        return StoreFailure.of(doing + " " + path, path, e);
    }

    private static Optional<StoredImage> read(Path directory) {
        try {
            var documents = ImageDocuments.read(directory);
            if (documents.isEmpty()) {
                return Optional.empty();
            }
            var json = documents.get().main();
            return Optional.of(
                    new StoredImage(
                            ImageReference.parse(json.path("reference").stringValue("")),
                            Digest.parse(json.path("digest").stringValue("")),
                            layers(json),
                            ImageConfig.parse(documents.get().config())));
        } catch (IOException e) {
            throw failed("reading the image in", directory, e);
        } catch (JacksonException | IllegalArgumentException e) {
            throw new BadContentException(
                    "reading the image in " + directory + ": is damaged: " + e.getMessage(), e);
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
        return documents(reference).flatMap(ImageDocuments::manifest);
    }

    /**
     * Returns the configuration as the registry has it.
     *
     * @param reference exactly what the image is called
     * @return empty when there is no such image
     */
    public Optional<byte[]> config(ImageReference reference) {
        return documents(reference).map(ImageDocuments::config);
    }

    private Optional<ImageDocuments> documents(ImageReference reference) {
        var directory = paths.images().imageDir(reference.toString());
        try {
            return ImageDocuments.read(directory);
        } catch (IOException e) {
            throw failed("reading the image in", directory, e);
        } catch (JacksonException e) {
            throw new BadContentException(
                    "reading the image in " + directory + ": is damaged: " + e.getMessage(), e);
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
        change(
                "storing the index in",
                directory,
                () -> replace(directory, index, image, manifest, config));
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
        change(
                "storing the image in",
                directory,
                () -> replace(directory, null, image, manifest, config));
    }

    private static void replace(
            Path directory,
            @Nullable StoredIndex index,
            StoredImage image,
            byte[] manifest,
            byte[] config)
            throws IOException {
        boolean made = IndexFiles.prepare(directory, index);
        try {
            ImageDocuments.write(directory, json(image), manifest, config, made);
        } catch (IOException e) {
            IndexFiles.takeBack(directory, made, e);
            throw e;
        }
        IndexFiles.settle(directory);
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
     * Removes a name, also of a damaged image. Layers stay until they are collected.
     *
     * @param reference exactly what the image is called
     * @return false when there was none
     */
    public boolean remove(ImageReference reference) {
        if (!isNamed(reference)) {
            return false;
        }
        var directory = paths.images().imageDir(reference.toString());
        change("removing the image in", directory, () -> ImageDocuments.remove(directory));
        return true;
    }

    private boolean isNamed(ImageReference reference) {
        try {
            return find(reference).isPresent();
        } catch (BadContentException _) {
            // Its directory can be its own only, whatever is in it.
            return true;
        }
    }
}
