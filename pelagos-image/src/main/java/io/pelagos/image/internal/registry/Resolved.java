package io.pelagos.image.internal.registry;

import io.pelagos.image.spec.Digest;

/**
 * What a reference leads to.
 *
 * @param digest of a manifest or an index
 * @param contentType what the registry says that it is
 * @param size in bytes, -1 when the registry does not say
 */
public record Resolved(Digest digest, String contentType, long size) {}
