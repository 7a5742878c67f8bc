package io.pelagos.image.internal.registry;

import io.pelagos.core.spec.Bytes;
import io.pelagos.image.spec.BadContentException;
import io.pelagos.image.spec.Descriptor;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageException;
import io.pelagos.image.spec.ImageNotFoundException;
import io.pelagos.image.spec.ImageReference;
import io.pelagos.image.spec.MediaType;
import io.pelagos.image.spec.RegistryException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import okhttp3.HttpUrl;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Asks registries for what they have and gives them what they lack. Every call waits for its
 * answer; interrupting a virtual thread breaks it off.
 */
public final class RegistryClient implements AutoCloseable {
    /** What registries hold manifests to. */
    private static final int DOCUMENT_LIMIT = 4 << 20;

    private static final int PAGES = 1000;
    private static final int NAMES = 1_000_000;
    private static final int NOT_FOUND = 404;
    private static final Pattern NEXT = Pattern.compile("<([^>]*)>\\s*;\\s*rel=\"?next\"?");
    private static final String ACCEPTED =
            String.join(
                    ", ",
                    MediaType.OCI_INDEX,
                    MediaType.OCI_MANIFEST,
                    MediaType.DOCKER_MANIFEST_LIST,
                    MediaType.DOCKER_MANIFEST);

    private final RegistryOptions options;
    private final Transport transport;

    /**
     * A document as a registry has it.
     *
     * @param bytes its bytes, which its digest is of
     * @param contentType without parameters; empty when the registry says nothing
     * @param digest the digest of the bytes
     */
    public record Document(Bytes bytes, String contentType, Digest digest) {}

    /**
     * Makes a client.
     *
     * @param options how registries are talked to
     */
    public RegistryClient(RegistryOptions options) {
        this.options = options;
        transport = new Transport(options);
    }

    private static HttpUrl url(HttpUrl base, Endpoint endpoint, String... rest) {
        var url = base.newBuilder().addPathSegments(endpoint.path());
        for (var segment : rest) {
            url.addPathSegment(segment);
        }
        return url.build();
    }

    private Transport.Question question(
            Endpoint endpoint, String actions, String purpose, int... accepted) {
        var statuses = new HashSet<Integer>();
        for (int status : accepted) {
            statuses.add(status);
        }
        return new Transport.Question(
                endpoint,
                "repository:" + endpoint.path() + ":" + actions,
                purpose,
                Set.copyOf(statuses));
    }

    /** Asks the mirrors one after the other, and then the registry itself. */
    private <T> T anywhere(ImageReference reference, Function<Endpoint, T> ask) {
        var endpoints = options.mirrors().endpoints(reference);
        var failures = new ArrayList<ImageException>();
        for (var endpoint : endpoints) {
            try {
                return ask.apply(endpoint);
            } catch (RegistryException | ImageNotFoundException e) {
                failures.add(e);
            }
        }
        var last = failures.getLast();
        if (failures.size() > 1) {
            var tried = new ArrayList<String>();
            failures.forEach(it -> tried.add(String.valueOf(it.getMessage())));
            throw new RegistryException(
                    reference.domain(),
                    last instanceof RegistryException e ? e.status() : NOT_FOUND,
                    "asking for "
                            + reference
                            + " at "
                            + endpoints.size()
                            + " places: "
                            + String.join("; ", tried),
                    last);
        }
        throw last;
    }

    /**
     * Fetches a manifest or an index.
     *
     * @param reference the image; its digest, if it has one, is checked
     * @return the document
     * @throws ImageException when no registry has it
     */
    public Document manifest(ImageReference reference) {
        return anywhere(reference, endpoint -> manifest(endpoint, reference));
    }

    private Document manifest(Endpoint endpoint, ImageReference reference) {
        var question = question(endpoint, "pull", "asking for the manifest of " + reference);
        var request =
                new Request.Builder()
                        .url(
                                url(
                                        transport.base(endpoint),
                                        endpoint,
                                        "manifests",
                                        reference.manifestName()))
                        .header("Accept", ACCEPTED)
                        .build();
        return transport.again(
                question,
                request.url().host(),
                () -> {
                    try (var response = transport.send(question, request)) {
                        return document(reference, response);
                    }
                });
    }

    private static Document document(ImageReference reference, Response response)
            throws IOException {
        var bytes = response.body().byteStream().readNBytes(DOCUMENT_LIMIT + 1);
        if (bytes.length > DOCUMENT_LIMIT) {
            throw new BadContentException(
                    "asking for the manifest of "
                            + reference
                            + ": is larger than "
                            + DOCUMENT_LIMIT
                            + " bytes");
        }
        var expected = reference.digest();
        if (expected.isPresent() && !expected.get().matches(bytes)) {
            throw new BadContentException(
                    "asking for the manifest of "
                            + reference
                            + ": what came has another digest: "
                            + Digest.of(bytes));
        }
        var header = response.header("Content-Type");
        return new Document(
                Bytes.of(bytes),
                header == null ? "" : MediaType.withoutParameters(header),
                expected.orElseGet(() -> Digest.of(bytes)));
    }

    /**
     * Asks what a reference stands for, without fetching it.
     *
     * @param reference the image
     * @return media type, digest and size; empty when the registry does not tell the digest
     * @throws ImageException when no registry has it
     */
    public Optional<Descriptor> resolve(ImageReference reference) {
        return anywhere(
                reference,
                endpoint -> {
                    var question =
                            question(endpoint, "pull", "asking what " + reference + " stands for");
                    var request =
                            new Request.Builder()
                                    .url(
                                            url(
                                                    transport.base(endpoint),
                                                    endpoint,
                                                    "manifests",
                                                    reference.manifestName()))
                                    .header("Accept", ACCEPTED)
                                    .head()
                                    .build();
                    try (var response = transport.send(question, request)) {
                        return descriptor(response);
                    }
                });
    }

    private static Optional<Descriptor> descriptor(Response response) {
        var digest = response.header("Docker-Content-Digest");
        var type = response.header("Content-Type");
        if (digest == null || type == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    Descriptor.of(
                            MediaType.withoutParameters(type),
                            Digest.parse(digest),
                            Math.max(0, length(response))));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    private static long length(Response response) {
        var header = response.header("Content-Length");
        try {
            return header == null ? -1 : Long.parseLong(header);
        } catch (NumberFormatException _) {
            return -1;
        }
    }

    /**
     * Opens a blob. What is read is checked: at the end its digest and size are those of the
     * descriptor, or an exception says what they are. A broken connection is made again, and goes
     * on where it broke.
     *
     * @param reference an image of the repository
     * @param blob what is fetched
     * @return its bytes, to be closed
     * @throws ImageException when no registry has it
     */
    public InputStream blob(ImageReference reference, Descriptor blob) {
        return anywhere(
                reference,
                endpoint -> {
                    var source = new BlobSource(transport, endpoint, reference, blob);
                    return new BlobInput(source, blob);
                });
    }

    /**
     * Tells whether a repository has a blob.
     *
     * @param reference an image of the repository
     * @param digest the blob
     * @return true if so
     */
    public boolean hasBlob(ImageReference reference, Digest digest) {
        return has(reference, "blobs", digest.toString());
    }

    private boolean has(ImageReference reference, String kind, String name) {
        var endpoint = Mirrors.origin(reference);
        var question =
                question(endpoint, "pull", "asking " + endpoint.host() + " for " + name, NOT_FOUND);
        var request =
                new Request.Builder()
                        .url(url(transport.base(endpoint), endpoint, kind, name))
                        .header("Accept", ACCEPTED)
                        .head()
                        .build();
        try (var response = transport.send(question, request)) {
            return response.isSuccessful();
        }
    }

    /**
     * Gives a repository a blob, unless it has it.
     *
     * @param reference an image of the repository
     * @param blob what is given
     * @param content opens its bytes, again when it must be sent again
     * @param from another repository of the registry that may have it, or null
     * @return whether bytes were sent
     * @throws ImageException when the registry refuses it
     */
    public boolean pushBlob(
            ImageReference reference, Descriptor blob, BlobContent content, @Nullable String from) {
        if (hasBlob(reference, blob.verifiable())) {
            return false;
        }
        var endpoint = Mirrors.origin(reference);
        var question =
                question(
                        endpoint,
                        "pull,push",
                        "sending " + blob.digest() + " to " + reference.name());
        return new Upload(transport, question, options.chunk())
                .send(
                        url(transport.base(endpoint), endpoint, "blobs", "uploads", ""),
                        blob,
                        content,
                        from);
    }

    /**
     * Gives a repository a manifest or an index.
     *
     * @param reference what it is to be called there: a tag, or its digest
     * @param mediaType its media type
     * @param bytes its bytes
     * @throws ImageException when the registry refuses it
     */
    public void pushManifest(ImageReference reference, String mediaType, byte[] bytes) {
        var endpoint = Mirrors.origin(reference);
        var question = question(endpoint, "pull,push", "sending the manifest of " + reference);
        var body = RequestBody.create(bytes, okhttp3.MediaType.get(mediaType));
        var request =
                new Request.Builder()
                        .url(
                                url(
                                        transport.base(endpoint),
                                        endpoint,
                                        "manifests",
                                        reference.manifestName()))
                        .put(body)
                        .build();
        transport.send(question, request).close();
    }

    /**
     * Lists the tags of a repository.
     *
     * @param reference an image of the repository
     * @return the tags
     */
    public List<String> tags(ImageReference reference) {
        var endpoint = Mirrors.origin(reference);
        return pages(
                question(endpoint, "pull", "asking for the tags of " + reference.name()),
                url(transport.base(endpoint), endpoint, "tags", "list"),
                "tags");
    }

    /**
     * Lists the repositories of a registry.
     *
     * @param registry its host, with a port where one is named
     * @return the repositories
     */
    public List<String> catalog(String registry) {
        var endpoint = Endpoint.of(registry, "");
        var question =
                new Transport.Question(
                        endpoint,
                        "registry:catalog:*",
                        "asking for the repositories of " + registry,
                        Set.of());
        return pages(
                question,
                transport.base(endpoint).newBuilder().addPathSegment("_catalog").build(),
                "repositories");
    }

    private List<String> pages(Transport.Question question, HttpUrl first, String field) {
        var all = new ArrayList<String>();
        var seen = new HashSet<HttpUrl>();
        HttpUrl at = first;
        while (at != null) {
            if (!seen.add(at) || seen.size() > PAGES || all.size() > NAMES) {
                throw question.failed(0, "the list has no end");
            }
            try (var response = transport.send(question, new Request.Builder().url(at).build())) {
                var body = response.body().byteStream().readNBytes(DOCUMENT_LIMIT);
                for (var name : JsonMapper.shared().readTree(body).path(field)) {
                    all.add(name.stringValue());
                }
                at = next(at, response.header("Link"));
            } catch (IOException | JacksonException e) {
                throw new RegistryException(
                        question.endpoint().host(),
                        0,
                        question.purpose() + ": the list cannot be read: " + e.getMessage(),
                        e);
            }
        }
        return List.copyOf(all);
    }

    /** The next page is asked of the same host, whatever the link says. */
    private static @Nullable HttpUrl next(HttpUrl at, @Nullable String link) {
        var matcher = NEXT.matcher(link == null ? "" : link);
        var next = matcher.find() ? at.resolve(matcher.group(1)) : null;
        return next != null && next.host().equals(at.host()) && next.port() == at.port()
                ? next
                : null;
    }

    /**
     * Takes a tag or a manifest away from a repository.
     *
     * @param reference the tag, or the digest
     * @return false when it had none such
     */
    public boolean deleteManifest(ImageReference reference) {
        return delete(reference, "manifests", reference.manifestName());
    }

    /**
     * Takes a blob away from a repository.
     *
     * @param reference an image of the repository
     * @param digest the blob
     * @return false when it had none such
     */
    public boolean deleteBlob(ImageReference reference, Digest digest) {
        return delete(reference, "blobs", digest.toString());
    }

    private boolean delete(ImageReference reference, String kind, String name) {
        var endpoint = Mirrors.origin(reference);
        var question =
                question(
                        endpoint,
                        "pull,push,delete",
                        "deleting " + name + " of " + reference.name(),
                        NOT_FOUND);
        var request =
                new Request.Builder()
                        .url(url(transport.base(endpoint), endpoint, kind, name))
                        .delete()
                        .build();
        try (var response = transport.send(question, request)) {
            return response.isSuccessful();
        }
    }

    /**
     * Lists what belongs to an image, such as signatures.
     *
     * @param reference an image of the repository
     * @param subject the manifest that it belongs to
     * @return an index of OCI's media type, as JSON; empty when the registry knows nothing of it
     */
    public Optional<byte[]> referrers(ImageReference reference, Digest subject) {
        var endpoint = Mirrors.origin(reference);
        var question = question(endpoint, "pull", "asking what belongs to " + subject, NOT_FOUND);
        var request =
                new Request.Builder()
                        .url(
                                url(
                                        transport.base(endpoint),
                                        endpoint,
                                        "referrers",
                                        subject.toString()))
                        .build();
        try (var response = transport.send(question, request)) {
            if (response.isSuccessful()) {
                return Optional.of(response.body().byteStream().readNBytes(DOCUMENT_LIMIT));
            }
        } catch (IOException e) {
            throw new RegistryException(
                    endpoint.host(), 0, question.purpose() + ": " + e.getMessage(), e);
        }
        // A registry from before the specification's version 1.1 has it under a tag.
        var tag = subject.algorithm() + "-" + subject.hex();
        return has(reference, "manifests", tag)
                ? Optional.of(manifest(reference.withTag(tag)).bytes().toArray())
                : Optional.empty();
    }

    @Override
    public void close() {
        transport.close();
    }
}
