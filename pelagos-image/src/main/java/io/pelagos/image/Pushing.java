package io.pelagos.image;

import io.pelagos.image.internal.registry.Push;
import io.pelagos.image.internal.registry.RegistryClient;
import io.pelagos.image.internal.registry.Repository;
import io.pelagos.image.internal.store.LayerStore;
import io.pelagos.image.internal.store.StoredIndex;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageManifest;
import io.pelagos.image.spec.ImageReference;
import io.pelagos.image.spec.MediaType;
import io.pelagos.image.spec.StoreException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Sends what a name stands for to its registry: layers and configuration first, then who names
 * them.
 */
final class Pushing {
    private final RegistryClient client;
    private final LayerStore layers;
    private final ImageReference reference;

    Pushing(RegistryClient client, LayerStore layers, ImageReference reference) {
        this.client = client;
        this.layers = layers;
        this.reference = reference;
    }

    /** Sends one image, and returns how many layers the registry did not have. */
    int image(byte[] manifest, byte[] config) {
        return push(reference.manifestName(), manifest, config);
    }

    /** Sends an index with its images, and returns how many layers the registry did not have. */
    int index(StoredIndex index) {
        int sent = 0;
        // A registry takes an index only when it has the images.
        for (var member : index.members()) {
            var manifest = member.manifest().toArray();
            var digest = Digest.of(manifest).toString();
            sent += push(digest, manifest, member.config().toArray());
        }
        client.pushManifest(
                Repository.of(reference),
                reference.manifestName(),
                index.index().mediaType(),
                index.raw().toArray());
        return sent;
    }

    /** Sends one image under a tag or a digest. */
    private int push(String name, byte[] raw, byte[] config) {
        var event = PushEvent.begun();
        var manifest = ImageManifest.parse(raw);
        var to = Repository.of(reference);
        int sent = 0;
        for (var layer : manifest.layers()) {
            if (MediaType.isForeign(layer.mediaType())) {
                continue;
            }
            var digest = layer.verifiable();
            var outcome =
                    client.pushBlob(
                            to,
                            digest,
                            layer.size(),
                            () -> opened(layers.blob(digest)),
                            Push.WHOLE);
            sent += outcome == Push.Outcome.EXISTED ? 0 : 1;
        }
        client.pushBlob(
                to,
                manifest.config().verifiable(),
                config.length,
                () -> new ByteArrayInputStream(config),
                Push.WHOLE);
        client.pushManifest(to, name, manifest.mediaType(), raw);
        if (event != null) {
            event.image = reference + (name.startsWith("sha256:") ? " " + name : "");
            event.layers = manifest.layers().size();
            event.sent = sent;
            event.commit();
        }
        return sent;
    }

    private static InputStream opened(Path blob) {
        try {
            return Files.newInputStream(blob);
        } catch (IOException e) {
            throw new StoreException("reading " + blob + ": " + e, e);
        }
    }
}
