package io.pelagos.image;

import io.pelagos.core.Volumes;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.image.internal.store.ImageStore;
import io.pelagos.image.internal.store.LayerStore;
import io.pelagos.image.internal.store.StoredImage;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/** Finds out how much room images take. */
final class Measuring {
    private final PelagosPaths paths;
    private final ImageStore store;
    private final LayerStore layers;

    Measuring(PelagosPaths paths, ImageStore store, LayerStore layers) {
        this.paths = paths;
        this.store = store;
        this.layers = layers;
    }

    DiskUsage of(Volumes volumes, Set<Digest> garbage) {
        var images = store.list();
        var shared = shared(images);
        return new DiskUsage(
                part(layers.list(), shared, garbage, layers::treeSize),
                part(layers.blobs(), shared, garbage, layers::blobSize),
                new DiskUsage.Part(
                        images.size(),
                        images.stream().mapToLong(it -> store.size(it.reference())).sum(),
                        0,
                        0),
                volumes(volumes),
                buildCache());
    }

    /** Names of the same image are one. */
    private static Set<Digest> shared(List<StoredImage> images) {
        var users = new HashMap<Digest, Set<List<Digest>>>();
        for (var image : images) {
            for (var layer : image.layers()) {
                users.computeIfAbsent(layer.digest(), it -> new HashSet<>()).add(image.stack());
            }
        }
        return users.entrySet().stream()
                .filter(it -> it.getValue().size() > 1)
                .map(java.util.Map.Entry::getKey)
                .collect(Collectors.toUnmodifiableSet());
    }

    private static DiskUsage.Part part(
            List<Digest> all,
            Set<Digest> shared,
            Set<Digest> garbage,
            ToLongFunction<Digest> size) {
        long total = 0;
        long ofMany = 0;
        long ofNone = 0;
        for (var digest : all) {
            long bytes = size.applyAsLong(digest);
            total += bytes;
            ofMany += shared.contains(digest) ? bytes : 0;
            ofNone += garbage.contains(digest) ? bytes : 0;
        }
        return new DiskUsage.Part(all.size(), total, ofMany, ofNone);
    }

    private DiskUsage.Part volumes(Volumes volumes) {
        var all = volumes.list();
        long total = 0;
        long unused = 0;
        for (var volume : all) {
            long bytes = layers.size(volume.path());
            total += bytes;
            unused += volume.users().isEmpty() ? bytes : 0;
        }
        return new DiskUsage.Part(all.size(), total, 0, unused);
    }

    /** A result whose layer is gone is of no use; it is no bigger than a digest. */
    private DiskUsage.Part buildCache() {
        var directory = paths.images().buildCacheDir();
        if (!Files.isDirectory(directory)) {
            return new DiskUsage.Part(0, 0, 0, 0);
        }
        try (var entries = Files.list(directory)) {
            var files = entries.filter(Files::isRegularFile).toList();
            return new DiskUsage.Part(
                    files.size(), files.stream().mapToLong(this::size).sum(), 0, 0);
        } catch (IOException e) {
            throw new StoreException("reading " + directory + ": " + e, e);
        }
    }

    private long size(Path file) {
        return layers.size(file);
    }
}
