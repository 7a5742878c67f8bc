package io.pelagos.image.testing;

import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.MediaType;
import java.io.IOException;

/** Manifests and indexes: HEAD, GET, PUT and DELETE by tag or digest. */
final class ManifestHandler implements Handler {
    /** What registries must accept at least, and usually at most. */
    private static final int SIZE_MAX = 4 << 20;

    private final Repositories repositories;

    ManifestHandler(Repositories repositories) {
        this.repositories = repositories;
    }

    @Override
    public Answer answer(Request request, Route route) throws IOException {
        return switch (request.method()) {
            case "GET", "HEAD" -> get(route);
            case "PUT" -> put(request, route);
            case "DELETE" -> delete(route);
            default -> throw RefusedRequest.method(request);
        };
    }

    private Answer get(Route route) {
        var manifest =
                repositories
                        .manifest(route.repository(), route.argument())
                        .orElseThrow(() -> unknown(route));
        return Answer.of(200)
                .with(Answer.CONTENT_TYPE, manifest.mediaType())
                .with(Answer.CONTENT_DIGEST, manifest.digest().toString())
                .with(Content.of(manifest.bytes()));
    }

    private Answer put(Request request, Route route) throws IOException {
        var bytes = request.body().readNBytes(SIZE_MAX + 1);
        if (bytes.length > SIZE_MAX) {
            throw new RefusedRequest(
                    413, "SIZE_INVALID", "the manifest is larger than " + SIZE_MAX + " bytes");
        }
        var mediaType = MediaType.withoutParameters(request.header(Answer.CONTENT_TYPE).orElse(""));
        if (!MediaType.isValid(mediaType)) {
            throw new RefusedRequest(400, "MANIFEST_INVALID", "its Content-Type is missing");
        }
        var digest = checkedDigest(route.argument(), bytes);
        var facts = ManifestFacts.of(mediaType, bytes);
        checkPresent(route, facts);
        repositories.put(
                route.repository(), route.argument(), new StoredManifest(mediaType, bytes, digest));
        var answer =
                Answer.of(201)
                        .with(Answer.LOCATION, "/v2/" + route.repository() + "/manifests/" + digest)
                        .with(Answer.CONTENT_DIGEST, digest.toString());
        return facts.subject() == null
                ? answer
                : answer.with("OCI-Subject", facts.subject().toString());
    }

    private static Digest checkedDigest(String reference, byte[] bytes) {
        if (!Names.isDigest(reference)) {
            if (!Names.isTag(reference)) {
                throw new RefusedRequest(
                        400, "TAG_INVALID", "\"" + reference + "\" cannot be a tag");
            }
            return Digest.of(bytes);
        }
        var digest = Names.digest(reference);
        if (!digest.matches(bytes)) {
            throw new RefusedRequest(
                    400, "DIGEST_INVALID", "the manifest does not have the digest " + digest);
        }
        return digest;
    }

    private void checkPresent(Route route, ManifestFacts facts) {
        for (var blob : facts.blobs()) {
            if (!repositories.hasBlob(route.repository(), blob)) {
                throw missing(route, blob);
            }
        }
        for (var manifest : facts.manifests()) {
            if (repositories.manifest(route.repository(), manifest.toString()).isEmpty()) {
                throw missing(route, manifest);
            }
        }
    }

    private static RefusedRequest missing(Route route, Digest digest) {
        return new RefusedRequest(
                404,
                "MANIFEST_BLOB_UNKNOWN",
                route.repository() + " does not have " + digest + ", which the manifest needs");
    }

    private Answer delete(Route route) {
        if (!repositories.remove(route.repository(), route.argument())) {
            throw unknown(route);
        }
        return Answer.of(202);
    }

    private RefusedRequest unknown(Route route) {
        return repositories.exists(route.repository())
                ? new RefusedRequest(
                        404,
                        "MANIFEST_UNKNOWN",
                        route.repository() + " has no manifest " + route.argument())
                : ListHandler.unknownName(route.repository());
    }
}
