package io.pelagos.image;

import io.pelagos.core.Volumes;
import io.pelagos.image.internal.store.BuildCache;
import io.pelagos.image.internal.store.ImageStore;
import io.pelagos.image.internal.store.LayerStore;
import io.pelagos.image.internal.store.StoredImage;
import io.pelagos.image.spec.Digest;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/** Finds out how much room images take. */
final class Measuring {
    private final ImageStore store;
    private final LayerStore layers;
    private final BuildCache cache;

    Measuring(ImageStore store, LayerStore layers, BuildCache cache) {
        this.cache = cache;
        this.store = store;
        this.layers = layers;
    }

    DiskUsage of(Volumes volumes, Pruning pruning) {
        var garbage = pruning.garbage();
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
                buildCache(pruning));
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

    private DiskUsage.Part buildCache(Pruning pruning) {
        var all = cache.list();
        return new DiskUsage.Part(
                all.size(), bytes(all), 0, all.isEmpty() ? 0 : bytes(pruning.unneededSteps()));
    }

    private static long bytes(List<BuildCache.Entry> steps) {
        return steps.stream().mapToLong(BuildCache.Entry::bytes).sum();
    }
}
