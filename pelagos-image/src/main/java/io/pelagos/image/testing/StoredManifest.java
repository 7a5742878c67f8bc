package io.pelagos.image.testing;

import io.pelagos.image.spec.Digest;

/** A manifest or an index as it was pushed, byte for byte. */
final class StoredManifest {
    private final String mediaType;
    private final byte[] bytes;
    private final Digest digest;

    StoredManifest(String mediaType, byte[] bytes, Digest digest) {
        this.mediaType = mediaType;
        this.bytes = bytes.clone();
        this.digest = digest;
    }

    String mediaType() {
        return mediaType;
    }

    byte[] bytes() {
        return bytes.clone();
    }

    Digest digest() {
        return digest;
    }
}
