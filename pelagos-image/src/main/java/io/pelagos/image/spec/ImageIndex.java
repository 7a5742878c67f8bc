package io.pelagos.image.spec;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Names the images that stand under one reference, one for each platform, see image-index.md of the
 * OCI image specification and manifest lists of Docker's.
 *
 * @param mediaType OCI's or Docker's
 * @param artifactType what it is if it is no image, or null
 * @param manifests the images, or further indexes
 * @param subject what this belongs to, or null
 * @param annotations notes by their names
 */
public record ImageIndex(
        String mediaType,
        @Nullable String artifactType,
        List<Descriptor> manifests,
        @Nullable Descriptor subject,
        Map<String, String> annotations)
        implements ImageDocument {
    private static final String REFERENCE_TYPE = "vnd.docker.reference.type";

    /** Copies the list. */
    public ImageIndex {
        manifests = List.copyOf(manifests);
        annotations = Map.copyOf(annotations);
    }

    /**
     * Makes an index.
     *
     * @param manifests the images
     * @return an index of OCI's media type
     */
    public static ImageIndex of(List<Descriptor> manifests) {
        return new ImageIndex(MediaType.OCI_INDEX, null, manifests, null, Map.of());
    }

    /**
     * Reads an index.
     *
     * @param json the document
     * @return the index
     * @throws BadContentException when it breaks the specification
     */
    public static ImageIndex parse(byte[] json) {
        return read(Fields.of("index", json, Documents.LIMIT));
    }

    static ImageIndex read(Fields fields) {
        fields.schemaVersion();
        if (fields.has("layers")) {
            throw new BadContentException(
                    "index: has both layers and manifests, so it could be taken for two things"
                            + " (CVE-2021-41190)");
        }
        if (!fields.has("manifests")) {
            throw new BadContentException("index: manifests: is missing");
        }
        var mediaType = fields.mediaType("mediaType");
        return new ImageIndex(
                mediaType == null ? MediaType.OCI_INDEX : mediaType,
                fields.mediaType("artifactType"),
                fields.objects("manifests", Descriptor::read),
                fields.object("subject", Descriptor::read),
                fields.textMap("annotations"));
    }

    /**
     * Returns what can run on a platform, the most suitable first. What names no platform counts as
     * possible, but last; attestations, which are no images, are left out.
     *
     * @param platform the machine
     * @return manifests and indexes
     */
    public List<Descriptor> choose(Platform platform) {
        return manifests.stream()
                .filter(it -> !isAttestation(it) && suitability(platform, it) > 0)
                .sorted(
                        Comparator.comparingInt((Descriptor it) -> suitability(platform, it))
                                .reversed())
                .toList();
    }

    /** What names no platform is looked into: one more than none at all, less than a named one. */
    private static int suitability(Platform platform, Descriptor descriptor) {
        var other = descriptor.platform();
        return other == null ? 1 : 2 * platform.suitability(other);
    }

    /**
     * Returns what there are images for.
     *
     * @return each once, in the order of the index
     */
    public List<Platform> platforms() {
        return manifests.stream()
                .filter(it -> !isAttestation(it))
                .flatMap(it -> Optional.ofNullable(it.platform()).stream())
                .distinct()
                .toList();
    }

    /**
     * Tells whether an entry says something about an image instead of being one, as BuildKit adds
     * them.
     *
     * @param descriptor an entry
     * @return true if so
     */
    public static boolean isAttestation(Descriptor descriptor) {
        var platform = descriptor.platform();
        return descriptor.annotations().containsKey(REFERENCE_TYPE)
                || (platform != null
                        && platform.os().equals("unknown")
                        && platform.architecture().equals("unknown"));
    }

    @Override
    public byte[] toJson() {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("schemaVersion", 2);
        fields.put("mediaType", mediaType);
        Documents.put(fields, "artifactType", artifactType);
        fields.put("manifests", Documents.descriptors(manifests));
        Documents.put(fields, "subject", subject == null ? null : Documents.descriptor(subject));
        Documents.put(fields, "annotations", Documents.sorted(annotations));
        return Documents.write(fields);
    }
}
