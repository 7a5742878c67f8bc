package io.pelagos.image.spec;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Names the configuration and the layers of an image, see manifest.md of the OCI image
 * specification and manifest-v2-2.md of Docker's, which is the same but for media types.
 *
 * @param mediaType OCI's or Docker's
 * @param artifactType what it is if it is no image, or null
 * @param config the configuration
 * @param layers the lowest first
 * @param subject what this belongs to, or null
 * @param annotations notes by their names
 */
public record ImageManifest(
        String mediaType,
        @Nullable String artifactType,
        Descriptor config,
        List<Descriptor> layers,
        @Nullable Descriptor subject,
        Map<String, String> annotations)
        implements ImageDocument {
    /** Copies the lists. */
    public ImageManifest {
        layers = List.copyOf(layers);
        annotations = Map.copyOf(annotations);
    }

    /**
     * Makes the manifest of an image.
     *
     * @param config the configuration
     * @param layers the lowest first
     * @return a manifest of OCI's media type
     */
    public static ImageManifest of(Descriptor config, List<Descriptor> layers) {
        return new ImageManifest(MediaType.OCI_MANIFEST, null, config, layers, null, Map.of());
    }

    /**
     * Reads a manifest.
     *
     * @param json the document
     * @return the manifest
     * @throws BadContentException when it breaks the specification
     */
    public static ImageManifest parse(byte[] json) {
        return read(Fields.of("manifest", json, Documents.LIMIT));
    }

    static ImageManifest read(Fields fields) {
        fields.schemaVersion();
        if (fields.has("manifests")) {
            throw new BadContentException(
                    "manifest: has both layers and manifests, so it could be taken for two things"
                            + " (CVE-2021-41190)");
        }
        var mediaType = fields.mediaType("mediaType");
        var layers = fields.objects("layers", Descriptor::read);
        if (layers.isEmpty()) {
            throw new BadContentException("manifest: layers: must be at least one");
        }
        return new ImageManifest(
                mediaType == null ? MediaType.OCI_MANIFEST : mediaType,
                fields.mediaType("artifactType"),
                fields.neededObject("config", Descriptor::read),
                layers,
                fields.object("subject", Descriptor::read),
                fields.textMap("annotations"));
    }

    /**
     * Returns the kind of artifact this is.
     *
     * @return empty for an image that can be run
     */
    public Optional<String> artifact() {
        if (artifactType != null) {
            return Optional.of(artifactType);
        }
        return MediaType.isConfig(config.mediaType())
                ? Optional.empty()
                : Optional.of(config.mediaType());
    }

    @Override
    public byte[] toJson() {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("schemaVersion", 2);
        fields.put("mediaType", mediaType);
        Documents.put(fields, "artifactType", artifactType);
        fields.put("config", Documents.descriptor(config));
        fields.put("layers", Documents.descriptors(layers));
        Documents.put(fields, "subject", subject == null ? null : Documents.descriptor(subject));
        Documents.put(fields, "annotations", Documents.sorted(annotations));
        return Documents.write(fields);
    }
}
