package io.pelagos.image.internal.registry;

import io.pelagos.image.spec.BadContentException;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageNotFoundException;
import io.pelagos.image.spec.ImageReference;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** What a registry lists: tags, repositories, and what refers to a manifest. */
final class Listings {
    private static final int LONGEST_TAG = 128;

    private final Connection connection;
    private final Manifests manifests;

    /** Fetches a manifest from one endpoint. */
    interface Manifests {
        Document fetch(Endpoint endpoint, ImageReference reference);
    }

    Listings(Connection connection, Manifests manifests) {
        this.connection = connection;
        this.manifests = manifests;
    }

    List<String> tags(Endpoint endpoint, Repository repository) {
        return texts(
                list(
                        endpoint,
                        paged(connection.url(endpoint, "tags/list")),
                        Scopes.repository(endpoint.path(), "pull"),
                        "tags",
                        "tags of " + repository,
                        repository));
    }

    List<String> catalog(Endpoint endpoint, String registry) {
        return texts(
                list(
                        endpoint,
                        paged(connection.url(endpoint, "_catalog")),
                        Scopes.CATALOG,
                        "repositories",
                        "repositories of " + registry,
                        null));
    }

    List<Referrer> referrers(
            Endpoint endpoint,
            Repository repository,
            Digest digest,
            Optional<String> artifactType) {
        var what = "referrers of " + repository + "@" + digest;
        var url = connection.url(endpoint, "referrers/" + digest).newBuilder();
        artifactType.ifPresent(type -> url.addQueryParameter("artifactType", type));
        List<JsonNode> items;
        try {
            items =
                    list(
                            endpoint,
                            url.build(),
                            Scopes.repository(endpoint.path(), "pull"),
                            "manifests",
                            what,
                            repository);
        } catch (ImageNotFoundException e) {
            items = byTag(endpoint, repository, digest);
        }
        var referrers = new ArrayList<Referrer>();
        for (var item : items) {
            var referrer = referrer(item, what);
            // A registry may ignore the filter.
            if (artifactType.isEmpty() || artifactType.get().equals(referrer.artifactType())) {
                referrers.add(referrer);
            }
        }
        return List.copyOf(referrers);
    }

    private static HttpUrl paged(HttpUrl url) {
        return url.newBuilder().addQueryParameter("n", String.valueOf(Pages.PAGE)).build();
    }

    private static List<String> texts(List<JsonNode> items) {
        return items.stream().map(item -> item.asString("")).toList();
    }

    private List<JsonNode> list(
            Endpoint endpoint,
            HttpUrl first,
            Scopes scopes,
            String member,
            String what,
            @Nullable Repository wanted) {
        var deadline = connection.deadline();
        return new Pages(endpoint, what)
                .read(
                        first,
                        member,
                        url ->
                                connection.send(
                                        endpoint,
                                        Ask.get(url),
                                        scopes,
                                        connection.options().backoff().attempts(),
                                        deadline,
                                        what),
                        reply -> connection.refusal(endpoint, reply, what, wanted));
    }

    /** See "Referrers Tag Schema" of the distribution specification. */
    private List<JsonNode> byTag(Endpoint endpoint, Repository repository, Digest digest) {
        var tag = digest.algorithm() + "-" + digest.hex();
        var name = tag.substring(0, Math.min(tag.length(), LONGEST_TAG));
        try {
            var reference = ImageReference.parse(repository.toString()).withTag(name);
            var document = manifests.fetch(endpoint, reference);
            var items = new ArrayList<JsonNode>();
            Json.object(document.content().toArray()).path("manifests").forEach(items::add);
            return items;
        } catch (ImageNotFoundException e) {
            return List.of();
        }
    }

    private static Referrer referrer(JsonNode item, String what) {
        try {
            var annotations = new HashMap<String, String>();
            for (var annotation : Json.member(item, "annotations").properties()) {
                annotations.put(annotation.getKey(), annotation.getValue().asString(""));
            }
            return new Referrer(
                    Json.textOrEmpty(item, "mediaType"),
                    Digest.parse(Json.textOrEmpty(item, "digest")),
                    item.path("size").asLong(0),
                    Json.textOrEmpty(item, "artifactType"),
                    annotations);
        } catch (IllegalArgumentException e) {
            throw new BadContentException(what + ": " + e.getMessage(), e);
        }
    }
}
