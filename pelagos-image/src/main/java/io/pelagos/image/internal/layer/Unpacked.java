package io.pelagos.image.internal.layer;

/**
 * What came of an archive.
 *
 * @param entries how many files it had
 * @param bytes how many bytes of contents
 * @param exact whether owners, devices and extended attributes are those of the archive: an
 *     ordinary user cannot set all of them
 */
public record Unpacked(long entries, long bytes, boolean exact) {}
