package io.pelagos.image.spec;

import java.util.regex.Pattern;

/**
 * The media types that matter here, see media-types.md of the OCI image specification and Docker's
 * manifest-v2-2.md.
 */
public final class MediaType {
    /** A manifest. */
    public static final String OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";

    /** An index of manifests. */
    public static final String OCI_INDEX = "application/vnd.oci.image.index.v1+json";

    /** The configuration of an image. */
    public static final String OCI_CONFIG = "application/vnd.oci.image.config.v1+json";

    /** A layer that is not compressed. */
    public static final String OCI_LAYER = "application/vnd.oci.image.layer.v1.tar";

    /** A layer that gzip has compressed. */
    public static final String OCI_LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";

    /** A layer that zstd has compressed. */
    public static final String OCI_LAYER_ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd";

    /** The configuration of what is no image: two braces. */
    public static final String OCI_EMPTY = "application/vnd.oci.empty.v1+json";

    /** Docker's manifest. */
    public static final String DOCKER_MANIFEST =
            "application/vnd.docker.distribution.manifest.v2+json";

    /** Docker's index of manifests. */
    public static final String DOCKER_MANIFEST_LIST =
            "application/vnd.docker.distribution.manifest.list.v2+json";

    /** Docker's configuration of an image. */
    public static final String DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json";

    /** Docker's layer, compressed by gzip. */
    public static final String DOCKER_LAYER_GZIP =
            "application/vnd.docker.image.rootfs.diff.tar.gzip";

    /** Docker's layer, not compressed. */
    public static final String DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar";

    /** Docker's layer that must be fetched from where the document says. */
    public static final String DOCKER_FOREIGN_LAYER =
            "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";

    private static final Pattern FORM =
            Pattern.compile(
                    "[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}");

    private MediaType() {}

    /**
     * Tells whether a text has the form of a media type without parameters, see RFC 6838 section
     * 4.2.
     *
     * @param text any text
     * @return true if so
     */
    public static boolean isValid(String text) {
        return FORM.matcher(text).matches();
    }

    /**
     * Returns a media type without its parameters.
     *
     * @param header as in a Content-Type header
     * @return what stands before a semicolon
     */
    public static String withoutParameters(String header) {
        int end = header.indexOf(';');
        return (end < 0 ? header : header.substring(0, end)).strip();
    }

    /**
     * Tells whether it is an index of manifests.
     *
     * @param mediaType a media type
     * @return true if so
     */
    public static boolean isIndex(String mediaType) {
        return mediaType.equals(OCI_INDEX) || mediaType.equals(DOCKER_MANIFEST_LIST);
    }

    /**
     * Tells whether it is a manifest.
     *
     * @param mediaType a media type
     * @return true if so
     */
    public static boolean isManifest(String mediaType) {
        return mediaType.equals(OCI_MANIFEST) || mediaType.equals(DOCKER_MANIFEST);
    }

    /**
     * Tells whether it is the configuration of an image that can be run.
     *
     * @param mediaType a media type
     * @return true if so
     */
    public static boolean isConfig(String mediaType) {
        return mediaType.equals(OCI_CONFIG) || mediaType.equals(DOCKER_CONFIG);
    }

    /**
     * Tells whether it is a layer of a file system, however it is compressed.
     *
     * @param mediaType a media type
     * @return true if so
     */
    public static boolean isLayer(String mediaType) {
        return mediaType.startsWith(OCI_LAYER)
                || mediaType.startsWith("application/vnd.oci.image.layer.nondistributable.v1.tar")
                || mediaType.startsWith(DOCKER_LAYER)
                || mediaType.equals(DOCKER_FOREIGN_LAYER);
    }

    /**
     * Tells whether a layer may lie elsewhere than in the registry, and is not pushed.
     *
     * @param mediaType a media type
     * @return true if so
     */
    public static boolean isForeign(String mediaType) {
        return mediaType.contains(".nondistributable.") || mediaType.contains(".foreign.");
    }
}
