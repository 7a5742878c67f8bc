package io.pelagos.image.internal.registry;

import io.pelagos.image.spec.Digest;
import java.util.Map;

/**
 * A manifest that refers to another, see "Listing Referrers" of the distribution specification.
 *
 * @param mediaType of the manifest
 * @param digest of the manifest
 * @param size of the manifest in bytes
 * @param artifactType what it is, empty when it does not say
 * @param annotations what its author says of it
 */
public record Referrer(
        String mediaType,
        Digest digest,
        long size,
        String artifactType,
        Map<String, String> annotations) {
    /** Copies the annotations. */
    public Referrer {
        annotations = Map.copyOf(annotations);
    }
}
