package io.pelagos.image;

import io.pelagos.image.internal.store.BuildCache;
import io.pelagos.image.internal.store.ImageStore;
import io.pelagos.image.internal.store.LayerStore;
import io.pelagos.image.internal.store.StoredImage;
import io.pelagos.image.internal.store.StoredIndex;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageManifest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Removes what nobody needs: marks what images, containers and leases need, and sweeps the rest.
 *
 * <p>Others pull and start containers meanwhile. Before a layer goes its name is taken away, and
 * then everything is looked at once more; whoever needs a layer has said so before it looks for it.
 * So it either finds no layer, or the layer stays.
 */
final class Pruning {
    private final ImageStore store;
    private final LayerStore layers;
    private final BuildCache cache;
    private final Users users;

    Pruning(ImageStore store, LayerStore layers, BuildCache cache, Users users) {
        this.cache = cache;
        this.store = store;
        this.layers = layers;
        this.users = users;
    }

    Pruned run(PruneOptions how) {
        var removed = new ArrayList<Pruned.Removed>();
        var unused = how.unusedImages() ? unused() : List.<StoredImage>of();
        for (var image : unused) {
            var name = image.reference().familiar();
            removed.add(new Pruned.Removed(Pruned.Kind.IMAGE, name, store.size(image.reference())));
            if (!how.dryRun()) {
                store.remove(image.reference());
            }
        }
        // Those that would have gone do not count in a dry run. When they have, a name that is
        // there
        // is one that somebody has given again meanwhile.
        var gone = how.dryRun() ? Set.copyOf(unused) : Set.<StoredImage>of();
        var garbage = all();
        garbage.removeAll(needed(gone));
        for (var layer : garbage) {
            long bytes =
                    how.dryRun()
                            ? layers.size(layer)
                            : layers.removeUnless(layer, () -> needed(gone).contains(layer));
            if (bytes > 0) {
                removed.add(new Pruned.Removed(Pruned.Kind.LAYER, layer.toString(), bytes));
            }
        }
        if (how.buildCache()) {
            for (var step : unneeded(gone)) {
                if (how.dryRun() || cache.remove(step)) {
                    removed.add(
                            new Pruned.Removed(Pruned.Kind.BUILD_CACHE, step.key(), step.bytes()));
                }
            }
        }
        return new Pruned(removed);
    }

    /**
     * They are listed first: the layer of one that is there belongs to whoever needs it by then.
     */
    private List<BuildCache.Entry> unneeded(Set<StoredImage> gone) {
        var steps = cache.list();
        var needed = steps.isEmpty() ? Set.<Digest>of() : needed(gone);
        return steps.stream().filter(it -> it.layer().filter(needed::contains).isEmpty()).toList();
    }

    /** Returns what {@link #run} would remove of the build cache. */
    List<BuildCache.Entry> unneededSteps() {
        return unneeded(Set.of());
    }

    private List<StoredImage> unused() {
        return store.list().stream()
                .filter(
                        it ->
                                users.of(it.stack().stream().map(layers::directory).toList())
                                        .isEmpty())
                .toList();
    }

    private Set<Digest> all() {
        var all = new TreeSet<Digest>(java.util.Comparator.comparing(Digest::toString));
        all.addAll(layers.list());
        all.addAll(layers.blobs());
        return all;
    }

    /** Users come first: what stops to be used by a pull belongs to an image by then. */
    private Set<Digest> needed(Set<StoredImage> gone) {
        var needed = new HashSet<>(users.layers());
        store.list().stream()
                .filter(it -> !gone.contains(it))
                .forEach(
                        it -> {
                            it.layers().forEach(layer -> needed.add(layer.digest()));
                            store.index(it).ifPresent(index -> addLayers(index, needed));
                        });
        return needed;
    }

    private static void addLayers(StoredIndex index, Set<Digest> needed) {
        for (var member : index.members()) {
            ImageManifest.parse(member.manifest().toArray())
                    .layers()
                    .forEach(it -> needed.add(it.verifiable()));
        }
    }

    /** Returns what {@link #run} would remove, of layers only. */
    Set<Digest> garbage() {
        var garbage = all();
        garbage.removeAll(needed(Set.of()));
        return garbage;
    }
}
