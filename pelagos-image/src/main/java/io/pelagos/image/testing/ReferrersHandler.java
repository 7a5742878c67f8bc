package io.pelagos.image.testing;

import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.MediaType;
import java.util.Comparator;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;

/** Lists what refers to a manifest, see "Listing Referrers" in the specification. */
final class ReferrersHandler implements Handler {
    private static final String FILTER = "artifactType";

    private final Repositories repositories;

    ReferrersHandler(Repositories repositories) {
        this.repositories = repositories;
    }

    @Override
    public Answer answer(Request request, Route route) {
        if (!request.isReading()) {
            throw RefusedRequest.method(request);
        }
        var subject = Names.digest(route.argument());
        var wanted = request.query().first(FILTER);
        var index = JsonMapper.shared().createObjectNode();
        index.put("schemaVersion", 2).put("mediaType", MediaType.OCI_INDEX);
        var descriptors = index.putArray("manifests");
        repositories.manifests(route.repository()).stream()
                .sorted(Comparator.comparing(StoredManifest::digest))
                .forEach(manifest -> add(descriptors, manifest, subject, wanted.orElse("")));
        var answer = Answer.json(200, index).with(Answer.CONTENT_TYPE, MediaType.OCI_INDEX);
        return wanted.isPresent() ? answer.with("OCI-Filters-Applied", FILTER) : answer;
    }

    private static void add(
            ArrayNode descriptors, StoredManifest manifest, Digest subject, String wanted) {
        var facts = ManifestFacts.ofAny(manifest.bytes());
        if (facts.isEmpty()
                || !subject.equals(facts.get().subject())
                || (!wanted.isEmpty() && !wanted.equals(facts.get().artifactType()))) {
            return;
        }
        var descriptor =
                descriptors
                        .addObject()
                        .put("mediaType", manifest.mediaType())
                        .put("digest", manifest.digest().toString())
                        .put("size", manifest.bytes().length);
        if (!facts.get().artifactType().isEmpty()) {
            descriptor.put(FILTER, facts.get().artifactType());
        }
        if (facts.get().annotations().isObject()) {
            descriptor.set("annotations", facts.get().annotations());
        }
    }
}
