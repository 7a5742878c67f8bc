package io.pelagos.image.internal.layer;

import io.pelagos.image.spec.BadContentException;

/**
 * What an archive may ask of the machine that unpacks it. Who goes beyond is refused, by the name
 * of the limit.
 *
 * @param entries how many files
 * @param bytes how many bytes of contents and headers, uncompressed
 * @param ratio how many bytes may come out of one that is compressed, once {@link #FREE} have
 * @param depth how many directories a file may lie in
 * @param nameLength bytes of a path, and of what a link leads to
 * @param header bytes of the headers of one file, with its extended attributes
 * @param xattr bytes of one extended attribute, see xattr(7)
 */
public record UnpackLimits(
        long entries, long bytes, long ratio, int depth, int nameLength, int header, int xattr) {
    /** What comes out of an archive before anybody asks for the ratio. */
    static final long FREE = 256L << 20;

    /** Enough for every image that is meant to be one. */
    public static final UnpackLimits USUAL =
            new UnpackLimits(1L << 20, 1L << 40, 500, 256, 4095, 1 << 20, 1 << 16);

    /**
     * Looks at how much has come out so far.
     *
     * @param plain so many bytes
     * @param compressed of so many
     * @throws BadContentException when that is more than is allowed
     */
    void checkExpansion(long plain, long compressed) throws BadContentException {
        if (plain > bytes) {
            throw exceeded("bytes", bytes, "bytes");
        }
        if (plain > FREE && plain / ratio > compressed) {
            throw exceeded("ratio", ratio, "bytes for each one that is compressed");
        }
    }

    static BadContentException exceeded(String limit, long value, String what) {
        return new BadContentException(
                "unpacking a layer: " + what + ": more than " + value + " (limit: " + limit + ")");
    }
}
