package io.pelagos.image.spec;

import java.nio.charset.StandardCharsets;

/**
 * The mark of a directory or an archive with images, see image-layout.md of the OCI image
 * specification.
 */
public final class ImageLayout {
    /** The name of the file. */
    public static final String FILE = "oci-layout";

    /** The name of the file that lists the images. */
    public static final String INDEX = "index.json";

    /** The annotation that says what an image in it is called. */
    public static final String REF_NAME = "org.opencontainers.image.ref.name";

    private static final String VERSION = "1.0.0";
    private static final int LIMIT = 1 << 16;

    private ImageLayout() {}

    /**
     * Checks the mark.
     *
     * @param json what the file holds
     * @return the version
     * @throws BadContentException when it is no version that is known
     */
    public static String parse(byte[] json) {
        var version = Fields.of(FILE, json, LIMIT).neededText("imageLayoutVersion");
        if (!version.equals(VERSION)) {
            throw new BadContentException(
                    FILE + ": imageLayoutVersion \"" + version + "\": must be " + VERSION);
        }
        return version;
    }

    /**
     * Returns what the file holds.
     *
     * @return JSON
     */
    public static byte[] toJson() {
        return ("{\"imageLayoutVersion\":\"" + VERSION + "\"}").getBytes(StandardCharsets.UTF_8);
    }
}
