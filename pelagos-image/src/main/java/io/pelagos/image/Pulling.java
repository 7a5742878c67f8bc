package io.pelagos.image;

import io.pelagos.image.internal.registry.RegistryClient;
import io.pelagos.image.internal.store.LayerStore;
import io.pelagos.image.internal.store.StoredImage;
import io.pelagos.image.internal.store.StoredIndex;
import io.pelagos.image.spec.BadContentException;
import io.pelagos.image.spec.ImageNotFoundException;
import io.pelagos.image.spec.ImageReference;
import io.pelagos.image.spec.RegistryException;
import java.util.Optional;

/** Sees to it that an image is here: by what is, or by what its registry has. */
final class Pulling {
    private final Workshop workshop;
    private final RegistryClient client;
    private final int parallel;

    /**
     * Pulls into a store.
     *
     * @param workshop where images and layers go
     * @param client asks registries
     * @param parallel how many layers are fetched at a time
     */
    Pulling(Workshop workshop, RegistryClient client, int parallel) {
        this.workshop = workshop;
        this.client = client;
        this.parallel = parallel;
    }

    Image pull(ImageReference reference, PullOptions how) throws InterruptedException {
        var local = complete(reference, how);
        return switch (how.policy()) {
            case NEVER -> local.map(workshop.images()).orElseThrow(() -> missing(reference));
            case MISSING ->
                    local.isPresent()
                            ? workshop.images().apply(local.get())
                            : fetch(reference, local, how);
            case ALWAYS -> fetch(reference, local, how);
            case NEWER -> {
                try {
                    yield fetch(reference, local, how);
                } catch (RegistryException e) {
                    yield local.map(workshop.images()).orElseThrow(() -> e);
                }
            }
        };
    }

    private static ImageNotFoundException missing(ImageReference reference) {
        return new ImageNotFoundException(
                reference.toString(),
                "there is no image " + reference.familiar() + " here; pull it first");
    }

    /** The image that is here, if all of it is, and for the machine that is wanted. */
    private Optional<StoredImage> complete(ImageReference reference, PullOptions how) {
        return undamaged(reference, how)
                .filter(
                        it ->
                                it.layers().stream()
                                        .allMatch(layer -> workshop.layers().has(layer.digest())))
                .filter(it -> how.platform().suitability(it.config().platform()) > 0);
    }

    /** What is damaged is replaced by what is fetched, if anything is. */
    private Optional<StoredImage> undamaged(ImageReference reference, PullOptions how) {
        try {
            return workshop.store().find(reference);
        } catch (BadContentException e) {
            if (how.policy() == PullOptions.Policy.NEVER) {
                throw e;
            }
            return Optional.empty();
        }
    }

    private Image fetch(ImageReference reference, Optional<StoredImage> local, PullOptions how)
            throws InterruptedException {
        if (local.isPresent()) {
            // What a digest stands for cannot have changed, and a tag is asked for in one request.
            var same =
                    reference.digest().isPresent()
                            || client.resolve(reference).digest().equals(local.get().digest());
            if (same) {
                local.get()
                        .layers()
                        .forEach(
                                it ->
                                        how.listener()
                                                .onProgress(
                                                        new PullListener.Progress(
                                                                it.digest(),
                                                                PullListener.Phase.PRESENT,
                                                                0,
                                                                0)));
                return workshop.images().apply(local.get());
            }
        }
        return fetch(
                reference, new Pull(client, workshop.layers(), reference, how), Optional.empty());
    }

    /**
     * Fetches an image.
     *
     * @param index what the name stood for until now, and goes on to when that has the same digest
     */
    Image fetch(ImageReference reference, Pull pull, Optional<StoredIndex> index)
            throws InterruptedException {
        var event = PullEvent.begun();
        var resolved = pull.resolve();
        var digests = resolved.manifest().layers().stream().map(it -> it.verifiable()).toList();
        digests.forEach(LayerStore::requireKnown);
        // Until the image is there nothing else says that somebody needs its layers.
        try (var lease = workshop.leases().apply("the pull of " + reference, digests)) {
            assert lease != null;
            pull.fetchLayers(resolved, parallel);
            var stored =
                    StoredImage.of(
                            reference, resolved.digest(), resolved.manifest(), resolved.config());
            var manifest = resolved.rawManifest().toArray();
            var config = resolved.rawConfig().toArray();
            var kept = index.filter(it -> stored.digest().matches(it.raw().toArray()));
            if (kept.isPresent()) {
                workshop.store().save(stored, manifest, config, kept.get());
            } else {
                workshop.store().save(stored, manifest, config);
            }
            if (event != null) {
                event.image = reference.toString();
                event.digest = resolved.digest().toString();
                event.layers = digests.size();
                event.fetched = pull.fetched();
                event.commit();
            }
            return workshop.images().apply(stored);
        }
    }
}
