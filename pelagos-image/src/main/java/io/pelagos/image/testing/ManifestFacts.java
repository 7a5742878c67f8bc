package io.pelagos.image.testing;

import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.MediaType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a registry must know about a manifest or an index.
 *
 * @param blobs what must be in the repository: the configuration and the layers
 * @param manifests what an index leads to
 * @param subject what it refers to, else null
 * @param artifactType what it says it is, else the media type of its configuration
 * @param annotations an object
 */
record ManifestFacts(
        List<Digest> blobs,
        List<Digest> manifests,
        @Nullable Digest subject,
        String artifactType,
        JsonNode annotations) {
    /** Reads a document, and refuses what is none. */
    static ManifestFacts of(String mediaType, byte[] bytes) {
        var document = read(bytes);
        var inside = document.path("mediaType").asString("");
        if (!inside.isEmpty() && !inside.equals(mediaType)) {
            throw invalid("it is sent as " + mediaType + ", but says that it is " + inside);
        }
        if (document.path("schemaVersion").asInt(0) != 2) {
            throw invalid("its schemaVersion is not 2");
        }
        return facts(document);
    }

    private static JsonNode read(byte[] bytes) {
        try {
            var document = JsonMapper.shared().readTree(bytes);
            if (document.isObject()) {
                return document;
            }
        } catch (JacksonException e) {
            throw invalid(e.getOriginalMessage());
        }
        throw invalid("it is not a JSON object");
    }

    /** Reads a document that may be anything, as tests put it in. */
    static Optional<ManifestFacts> ofAny(byte[] bytes) {
        try {
            return Optional.of(facts(read(bytes)));
        } catch (RefusedRequest _) {
            return Optional.empty(); // It can be fetched, but refers to nothing.
        }
    }

    private static ManifestFacts facts(JsonNode document) {
        var blobs = new ArrayList<Digest>();
        var config = document.path("config");
        if (config.isObject()) {
            blobs.add(digest(config));
        }
        for (var layer : document.path("layers")) {
            if (layer.path("urls").isEmpty()
                    && !MediaType.isForeign(layer.path("mediaType").asString(""))) {
                blobs.add(digest(layer));
            }
        }
        var manifests = new ArrayList<Digest>();
        for (var manifest : document.path("manifests")) {
            manifests.add(digest(manifest));
        }
        var subject = document.path("subject");
        return new ManifestFacts(
                List.copyOf(blobs),
                List.copyOf(manifests),
                subject.isObject() ? digest(subject) : null,
                document.path("artifactType").asString(config.path("mediaType").asString("")),
                document.path("annotations"));
    }

    private static Digest digest(JsonNode descriptor) {
        try {
            return Digest.parse(descriptor.path("digest").asString(""));
        } catch (IllegalArgumentException e) {
            throw invalid(String.valueOf(e.getMessage()));
        }
    }

    private static RefusedRequest invalid(String why) {
        return new RefusedRequest(400, "MANIFEST_INVALID", "the manifest is refused: " + why);
    }
}
