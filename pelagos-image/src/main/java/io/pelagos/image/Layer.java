package io.pelagos.image;

import io.pelagos.image.spec.Digest;
import java.nio.file.Path;

/**
 * A layer of an image.
 *
 * @param digest of its compressed form, as registries have it
 * @param diffId of its form that is not compressed
 * @param mediaType how its manifest says it is compressed
 * @param directory where it lies unpacked, as overlayfs stacks it
 */
public record Layer(Digest digest, Digest diffId, String mediaType, Path directory) {}
