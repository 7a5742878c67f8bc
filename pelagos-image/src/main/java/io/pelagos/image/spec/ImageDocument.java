package io.pelagos.image.spec;

/** What a registry has under a tag or a digest: one image, or an index of several. */
public sealed interface ImageDocument permits ImageManifest, ImageIndex {
    /**
     * Reads a document, whichever of both it is.
     *
     * @param json the document
     * @param contentType as the registry says it, without parameters; empty when it says nothing
     * @return a manifest or an index
     * @throws BadContentException when it breaks the specification, is of an older schema, could be
     *     both, or is not what the registry says it is
     */
    static ImageDocument parse(byte[] json, String contentType) {
        var fields = Fields.of("manifest", json, Documents.LIMIT);
        if (fields.has("fsLayers") || fields.has("signatures")) {
            throw new BadContentException(
                    "manifest: is of Docker schema 1, which has no verifiable configuration; push"
                            + " the image again with a current tool");
        }
        if (fields.has("manifests") && (fields.has("layers") || fields.has("config"))) {
            throw new BadContentException(
                    "manifest: has both layers and manifests, so it could be taken for two things"
                            + " (CVE-2021-41190)");
        }
        var mediaType = fields.mediaType("mediaType");
        if (mediaType != null && !contentType.isEmpty() && !mediaType.equals(contentType)) {
            throw new BadContentException(
                    "manifest: says that it is "
                            + mediaType
                            + ", but was sent as "
                            + contentType
                            + " (CVE-2021-41190)");
        }
        var type = mediaType != null ? mediaType : contentType;
        if (MediaType.isIndex(type) != fields.has("manifests")
                && (MediaType.isIndex(type) || MediaType.isManifest(type))) {
            throw new BadContentException(
                    "manifest: has the fields of another document than " + type);
        }
        return fields.has("manifests") ? ImageIndex.read(fields) : ImageManifest.read(fields);
    }

    /**
     * Returns the media type.
     *
     * @return OCI's or Docker's
     */
    String mediaType();

    /**
     * Writes the document. What was read from elsewhere has its own bytes, and a digest of them:
     * those are to be kept.
     *
     * @return JSON, the same for equal values
     */
    byte[] toJson();
}
