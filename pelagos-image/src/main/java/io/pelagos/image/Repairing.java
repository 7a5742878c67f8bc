package io.pelagos.image;

import io.pelagos.image.internal.registry.RegistryClient;
import io.pelagos.image.internal.registry.Repository;
import io.pelagos.image.internal.store.LayerStore;
import io.pelagos.image.internal.store.StoredImage;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageInUseException;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Fetches again what is damaged of one image. What is whole stays until there is something in its
 * place: a layer whose compressed form is whole is unpacked again from that. A layer whose unpacked
 * form is whole keeps it, as containers may stand on it; only its compressed form is fetched.
 */
final class Repairing {
    private final RegistryClient client;
    private final LayerStore layers;
    private final Users users;
    private final StoredImage image;

    Repairing(RegistryClient client, LayerStore layers, Users users, StoredImage image) {
        this.client = client;
        this.layers = layers;
        this.users = users;
        this.image = image;
    }

    /** Fetches an image whose missing layers are fetched with it. */
    interface Fetching {
        Image fetch(Pull pull) throws InterruptedException;
    }

    /** Returns empty when the documents are as they were. */
    Optional<Image> run(Verification found, Fetching fetching) throws InterruptedException {
        var trees = new TreeSet<>(java.util.Comparator.comparing(Digest::toString));
        var blobs = new TreeSet<>(java.util.Comparator.comparing(Digest::toString));
        boolean documents = false;
        for (var damage : found.damages()) {
            var layer = damage.layer();
            switch (damage.kind()) {
                case DOCUMENT -> documents = true;
                case TREE, FILE -> trees.add(Objects.requireNonNull(layer));
                case BLOB, BLOB_MISSING -> blobs.add(Objects.requireNonNull(layer));
            }
        }
        requireUnused(trees);
        // What the tag leads to may be another image by now: the digest is what is repaired.
        var pull =
                new Pull(
                        client,
                        layers,
                        image.reference().withDigest(image.digest()),
                        PullOptions.usual().forPlatform(image.config().platform()));
        fetchBlobs(blobs, pull);
        for (var tree : trees) {
            unpackAgain(tree);
        }
        return documents ? Optional.of(fetching.fetch(pull)) : Optional.empty();
    }

    /** From the compressed form, which is here and whole by now. */
    private void unpackAgain(Digest layer) throws InterruptedException {
        if (!layers.removeTreeUnless(layer, () -> !users.of(layers.directory(layer)).isEmpty())) {
            requireUnused(List.of(layer));
        }
        boolean ignored =
                layers.ensure(
                        layer,
                        diffId(layer),
                        () -> layers.verified(layers.blob(layer), layer),
                        bytes -> {},
                        bytes -> {});
    }

    private Digest diffId(Digest layer) {
        var all = image.layers().stream().map(StoredImage.Layer::digest).toList();
        return image.config().diffIds().get(all.indexOf(layer));
    }

    private void requireUnused(Iterable<Digest> trees) {
        for (var tree : trees) {
            var holders = users.of(layers.directory(tree));
            if (!holders.isEmpty()) {
                throw new ImageInUseException(image.reference().familiar(), holders);
            }
        }
    }

    private void fetchBlobs(Iterable<Digest> blobs, Pull pull) throws InterruptedException {
        if (!blobs.iterator().hasNext()) {
            return;
        }
        var resolved = pull.resolve();
        var sizes = new HashMap<Digest, Long>();
        resolved.manifest().layers().forEach(it -> sizes.put(it.verifiable(), it.size()));
        for (var digest : blobs) {
            var diffId = diffId(digest);
            var size = Objects.requireNonNull(sizes.get(digest));
            Parallel.interruptibly(
                    () -> {
                        layers.fetchBlob(
                                digest,
                                diffId,
                                () -> client.blob(Repository.of(image.reference()), digest, size));
                        return digest;
                    });
        }
    }
}
