package io.pelagos.image;

import io.pelagos.image.spec.Digest;

/**
 * What was done to copy an image.
 *
 * @param digest of what the second registry now has under the name
 * @param manifests how many images that is, one for each platform
 * @param sent how many blobs went from one registry to the other
 * @param mounted how many the second registry had in the repository that was copied from
 * @param present how many it had in the repository that was copied to
 * @param bytes how many bytes were sent
 */
public record Copied(
        Digest digest, int manifests, int sent, int mounted, int present, long bytes) {}
