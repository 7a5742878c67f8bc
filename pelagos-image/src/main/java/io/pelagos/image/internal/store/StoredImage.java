package io.pelagos.image.internal.store;

import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageConfig;
import io.pelagos.image.spec.ImageManifest;
import io.pelagos.image.spec.ImageReference;
import java.util.ArrayList;
import java.util.List;

/**
 * An image in the store.
 *
 * @param reference what it is called: with a tag or a digest
 * @param digest of what the registry has under that name: a manifest, or an index
 * @param layers its layers in their compressed form, the lowest first
 * @param config its configuration
 */
public record StoredImage(
        ImageReference reference, Digest digest, List<Layer> layers, ImageConfig config) {
    /**
     * A layer.
     *
     * @param digest of its compressed form
     * @param mediaType how the manifest says it is compressed
     */
    public record Layer(Digest digest, String mediaType) {}

    /** Copies the list. */
    public StoredImage {
        layers = List.copyOf(layers);
    }

    /**
     * Makes an image of its documents.
     *
     * @param reference what it is called
     * @param digest of what the registry has under that name
     * @param manifest its manifest
     * @param config its configuration
     * @return the image
     */
    public static StoredImage of(
            ImageReference reference, Digest digest, ImageManifest manifest, ImageConfig config) {
        return new StoredImage(
                reference,
                digest,
                manifest.layers().stream()
                        .map(it -> new Layer(it.verifiable(), it.mediaType()))
                        .toList(),
                config);
    }

    /**
     * Returns the layers as overlayfs takes them: each only once, where it is highest.
     *
     * @return digests of the compressed forms, the lowest first
     */
    public List<Digest> stack() {
        var stack = new ArrayList<Digest>();
        for (var layer : layers.reversed()) {
            if (!stack.contains(layer.digest())) {
                stack.add(layer.digest());
            }
        }
        return stack.reversed();
    }
}
