package io.pelagos.image.internal.registry;

import io.pelagos.core.spec.Bytes;
import io.pelagos.image.spec.BadContentException;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageException;
import io.pelagos.image.spec.ImageNotFoundException;
import io.pelagos.image.spec.ImageReference;
import io.pelagos.image.spec.MediaType;
import io.pelagos.image.spec.RegistryException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import okhttp3.HttpUrl;
import okhttp3.RequestBody;
import org.jspecify.annotations.Nullable;

/**
 * Speaks to registries, see the <a
 * href="https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md">distribution
 * specification</a>. One client serves all registries and any number of threads.
 *
 * <p>Every call blocks. An interrupt ends it with a {@link RegistryException}, and the flag of the
 * thread stays set. What is fetched comes from the first mirror that has it; what is pushed or
 * deleted goes to the registry itself.
 */
public final class RegistryClient implements AutoCloseable {
    /** How large a manifest may be, as the distribution specification has it. */
    public static final int MOST_OF_MANIFEST = 4 << 20;

    private static final int OK = 200;
    private static final int CREATED = 201;
    private static final int ACCEPTED = 202;
    private static final int NOT_FOUND = 404;
    private static final int MIRROR_ATTEMPTS = 2;
    private static final Set<Integer> BLOB_STATUS = Set.of(200, 206, 416);
    private static final String MANIFESTS =
            String.join(
                    ", ",
                    MediaType.OCI_INDEX,
                    MediaType.DOCKER_MANIFEST_LIST,
                    MediaType.OCI_MANIFEST,
                    MediaType.DOCKER_MANIFEST);

    private final Connection connection;
    private final MirrorRules mirrors;
    private final Listings listings;

    /**
     * Makes a client.
     *
     * @param options how registries are spoken to
     * @param credentials where credentials come from
     * @param mirrors what is asked before a registry
     */
    public RegistryClient(
            RegistryOptions options, CredentialSources credentials, MirrorRules mirrors) {
        this(options, credentials, mirrors, Clock.systemUTC());
    }

    RegistryClient(
            RegistryOptions options,
            CredentialSources credentials,
            MirrorRules mirrors,
            Clock clock) {
        this.connection = new Connection(options, credentials, clock);
        this.mirrors = mirrors;
        this.listings =
                new Listings(
                        connection,
                        (endpoint, reference) -> manifest(endpoint, attempts(), reference));
    }

    /**
     * Asks a registry whether it answers, and whether the credentials for it are right.
     *
     * @param registry its name
     * @throws RegistryException when it does not, or they are not
     */
    public void ping(String registry) {
        var endpoint = Endpoint.origin(new Repository(registry, ""));
        var what = "asking " + registry;
        var ask = Ask.get(connection.base(endpoint));
        try (var reply =
                connection.send(
                        endpoint, ask, Scopes.NONE, attempts(), connection.deadline(), what)) {
            if (reply.code() != OK) {
                throw connection.refusal(endpoint, reply, what, null);
            }
        }
    }

    /**
     * Asks what a reference leads to, without fetching it.
     *
     * @param reference a tag or a digest
     * @return its digest, type and size
     * @throws ImageNotFoundException when it leads to nothing
     */
    public Resolved resolve(ImageReference reference) {
        var what = "manifest " + reference.exact();
        return anywhere(
                Repository.of(reference),
                reference.digest().isPresent(),
                (endpoint, most) -> {
                    var ask = manifestAsk("HEAD", endpoint, reference.manifestName());
                    try (var reply =
                            connection.send(
                                    endpoint,
                                    ask,
                                    pull(endpoint),
                                    most,
                                    connection.deadline(),
                                    what)) {
                        if (reply.code() != OK) {
                            throw connection.refusal(
                                    endpoint, reply, what, Repository.of(reference));
                        }
                        var digest = reference.digest().or(() -> contentDigest(reply, what));
                        if (digest.isPresent()) {
                            return new Resolved(
                                    digest.get(), contentType(reply), contentLength(reply));
                        }
                    }
                    // A registry need not name the digest; then the bytes do.
                    var document = manifest(endpoint, most, reference);
                    return new Resolved(
                            document.digest(), document.contentType(), document.content().size());
                });
    }

    private static long contentLength(Reply reply) {
        var text = reply.header("Content-Length").orElse("");
        return text.matches("\\d{1,18}") ? Long.parseLong(text) : -1;
    }

    private static String contentType(Reply reply) {
        return MediaType.withoutParameters(reply.header("Content-Type").orElse(""));
    }

    private static Optional<Digest> contentDigest(Reply reply, String what) {
        try {
            return reply.header("Docker-Content-Digest").map(Digest::parse);
        } catch (IllegalArgumentException e) {
            throw new BadContentException(what + ": Docker-Content-Digest: " + e.getMessage(), e);
        }
    }

    /**
     * Fetches a manifest or an index.
     *
     * @param reference a tag or a digest
     * @return the document; its digest is the one that was asked for, and the one that the registry
     *     names
     * @throws ImageNotFoundException when there is none
     * @throws BadContentException when it is larger than 4 MiB, of another digest, or no JSON
     *     object
     */
    public Document manifest(ImageReference reference) {
        return anywhere(
                Repository.of(reference),
                reference.digest().isPresent(),
                (endpoint, most) -> manifest(endpoint, most, reference));
    }

    private Document manifest(Endpoint endpoint, int most, ImageReference reference) {
        var what = "manifest " + reference.exact();
        var ask = manifestAsk("GET", endpoint, reference.manifestName());
        var deadline = connection.deadline();
        for (int failures = 1; ; failures++) {
            try (var reply = connection.send(endpoint, ask, pull(endpoint), most, deadline, what)) {
                if (reply.code() != OK) {
                    throw connection.refusal(endpoint, reply, what, Repository.of(reference));
                }
                var bytes = reply.readUpTo(MOST_OF_MANIFEST);
                return document(endpoint, reply, bytes, reference.digest(), what);
            } catch (IOException e) {
                pauseOrFail(endpoint, what, e, failures, most, deadline);
            }
        }
    }

    private void pauseOrFail(
            Endpoint endpoint,
            String what,
            IOException cause,
            int failures,
            int most,
            Deadline deadline) {
        if (failures >= most || Thread.currentThread().isInterrupted() || deadline.isOver()) {
            throw connection.failure(endpoint, what, cause);
        }
        try {
            connection.pause(failures);
        } catch (IOException e) {
            throw connection.failure(endpoint, what, e);
        }
    }

    private static Document document(
            Endpoint endpoint, Reply reply, byte[] bytes, Optional<Digest> asked, String what) {
        if (bytes.length > MOST_OF_MANIFEST) {
            throw new BadContentException(
                    what + " from " + endpoint.host() + ": is larger than 4 MiB");
        }
        var named = contentDigest(reply, what);
        for (var digest : List.of(asked, named)) {
            if (digest.isPresent() && !digest.get().matches(bytes)) {
                throw new BadContentException(
                        what
                                + " from "
                                + endpoint.host()
                                + ": the content is "
                                + Digest.of(bytes)
                                + " and not "
                                + digest.get());
            }
        }
        try {
            return new Document(
                    contentType(reply),
                    Json.text(Json.object(bytes), "mediaType"),
                    asked.or(() -> named).orElseGet(() -> Digest.of(bytes)),
                    Bytes.of(bytes),
                    endpoint.toString());
        } catch (IllegalArgumentException e) {
            throw new BadContentException(
                    what + " from " + endpoint.host() + " " + e.getMessage(), e);
        }
    }

    private Ask manifestAsk(String method, Endpoint endpoint, String name) {
        return Ask.of(method, connection.url(endpoint, "manifests/" + name))
                .with("Accept", MANIFESTS);
    }

    private static Scopes pull(Endpoint endpoint) {
        return Scopes.repository(endpoint.path(), "pull");
    }

    private int attempts() {
        return connection.options().backoff().attempts();
    }

    /**
     * Fetches a blob. What is cut on the way is asked for again from where it ended.
     *
     * @param repository where it lies
     * @param digest its digest
     * @param size how many bytes it must have
     * @return its bytes; reading throws {@link BadContentException} before the end when they are
     *     fewer, more or others, and {@link RegistryException} when they do not come
     * @throws RegistryException when it is not there
     */
    public InputStream blob(Repository repository, Digest digest, long size) {
        checkSize(size);
        var deadline = connection.deadline();
        var what = "blob " + digest + " of " + repository;
        return new BlobStream(
                new BlobSource(deadline, what, Endpoint.origin(repository)) {
                    @Override
                    public Reply open(long offset) {
                        return anywhere(
                                repository,
                                true,
                                (endpoint, most) -> {
                                    var url = connection.url(endpoint, "blobs/" + digest);
                                    var reply =
                                            connection.send(
                                                    endpoint,
                                                    from(url, offset),
                                                    pull(endpoint),
                                                    most,
                                                    deadline,
                                                    what);
                                    if (BLOB_STATUS.contains(reply.code())) {
                                        return reply;
                                    }
                                    try (reply) {
                                        throw connection.refusal(endpoint, reply, what, null);
                                    }
                                });
                    }
                },
                digest,
                size,
                attempts());
    }

    /**
     * Fetches a layer from where a document says, which no registry vouches for. Nobody is told any
     * credentials there.
     *
     * @param url http or https; without TLS only where that is allowed
     * @param digest its digest
     * @param size how many bytes it must have
     * @return its bytes, as from {@link #blob}
     * @throws RegistryException when the URL is something else, or nothing comes from there
     */
    public InputStream foreignBlob(URI url, Digest digest, long size) {
        checkSize(size);
        var place = HttpUrl.parse(url.toString());
        if (place == null) {
            throw new RegistryException(
                    String.valueOf(url.getHost()),
                    0,
                    "layer "
                            + digest
                            + ": is said to lie at \""
                            + url.getScheme()
                            + ":\", which is neither http nor https");
        }
        var deadline = connection.deadline();
        var what = "layer " + digest;
        var endpoint = Endpoint.at(Endpoint.Scheme.AS_ALLOWED, Ask.authority(place), "", false);
        return new BlobStream(
                new BlobSource(deadline, what, endpoint) {
                    @Override
                    public Reply open(long offset) {
                        try {
                            var reply =
                                    connection.sendElsewhere(place, from(place, offset), deadline);
                            if (BLOB_STATUS.contains(reply.code())) {
                                return reply;
                            }
                            try (reply) {
                                throw new RegistryException(
                                        endpoint.host(),
                                        reply.code(),
                                        what
                                                + " from "
                                                + Ask.shown(place)
                                                + ": status "
                                                + reply.code());
                            }
                        } catch (IOException e) {
                            throw failure(e);
                        }
                    }
                },
                digest,
                size,
                attempts());
    }

    private static void checkSize(long size) {
        if (size < 0) {
            throw new IllegalArgumentException("size \"" + size + "\": must not be negative");
        }
    }

    private static Ask from(HttpUrl url, long offset) {
        return offset == 0 ? Ask.get(url) : Ask.get(url).with("Range", "bytes=" + offset + "-");
    }

    /** What does not depend on where a blob lies. */
    private abstract class BlobSource implements BlobStream.Source {
        private final Deadline deadline;
        private final String what;
        private final Endpoint endpoint;

        BlobSource(Deadline deadline, String what, Endpoint endpoint) {
            this.deadline = deadline;
            this.what = what;
            this.endpoint = endpoint;
        }

        @Override
        public void pause(int failures) throws IOException {
            connection.pause(failures);
        }

        @Override
        public RuntimeException failure(IOException cause) {
            return connection.failure(endpoint, what, cause);
        }

        @Override
        public boolean mayContinue() {
            return !deadline.isOver();
        }
    }

    /**
     * Asks whether a repository has a blob.
     *
     * @param repository the repository, at the registry itself
     * @param digest its digest
     * @return true if so
     */
    public boolean exists(Repository repository, Digest digest) {
        var endpoint = mirrors.origin(repository);
        var what = "blob " + digest + " of " + repository;
        var ask = Ask.of("HEAD", connection.url(endpoint, "blobs/" + digest));
        try (var reply = send(endpoint, ask, "pull", what)) {
            return switch (reply.code()) {
                case OK -> true;
                case NOT_FOUND -> false;
                default -> throw connection.refusal(endpoint, reply, what, null);
            };
        }
    }

    private Reply send(Endpoint endpoint, Ask ask, String actions, String what) {
        return connection.send(
                endpoint,
                ask,
                Scopes.repository(endpoint.path(), actions),
                attempts(),
                connection.deadline(),
                what);
    }

    /**
     * Pushes a blob, unless the registry has it.
     *
     * @param repository where to
     * @param digest its digest
     * @param size how many bytes it has
     * @param source opens it; may be called again after a break
     * @param how in which way
     * @return what was done
     * @throws BadContentException when the source has fewer bytes
     */
    public Push.Outcome pushBlob(
            Repository repository,
            Digest digest,
            long size,
            Supplier<InputStream> source,
            Push how) {
        checkSize(size);
        if (exists(repository, digest)) {
            return Push.Outcome.EXISTED;
        }
        return new BlobUpload(connection, mirrors.origin(repository), digest, size, source)
                .run(how);
    }

    /**
     * Pushes a manifest or an index.
     *
     * @param repository where to
     * @param name a tag or a digest
     * @param mediaType what it is
     * @param content the document
     * @return its digest
     * @throws BadContentException when the registry has made another document of it
     */
    public Digest pushManifest(
            Repository repository, String name, String mediaType, byte[] content) {
        var endpoint = mirrors.origin(repository);
        var what = "pushing manifest " + name + " to " + repository;
        var body = RequestBody.create(content, okhttp3.MediaType.get(mediaType));
        var ask = Ask.of("PUT", connection.url(endpoint, "manifests/" + name)).sending(body);
        try (var reply = send(endpoint, ask, "pull,push", what)) {
            if (reply.code() != CREATED) {
                throw connection.refusal(endpoint, reply, what, null);
            }
            var digest = contentDigest(reply, what).orElseGet(() -> Digest.of(content));
            if (!digest.matches(content)) {
                throw new BadContentException(
                        what
                                + ": the registry took it as "
                                + digest
                                + " and not "
                                + Digest.of(content));
            }
            return digest;
        }
    }

    /**
     * Lists the tags of a repository.
     *
     * @param repository the repository, at the registry itself
     * @return the tags, in the registry's order
     * @throws ImageNotFoundException when there is no such repository
     */
    public List<String> tags(Repository repository) {
        return listings.tags(mirrors.origin(repository), repository);
    }

    /**
     * Lists the repositories of a registry, as far as it tells them.
     *
     * @param registry its name
     * @return their paths
     */
    public List<String> catalog(String registry) {
        return listings.catalog(Endpoint.origin(new Repository(registry, "")), registry);
    }

    /**
     * Deletes a manifest or an index, or a tag where the registry can.
     *
     * @param repository where it lies
     * @param name a digest, or a tag
     * @throws ImageNotFoundException when there is none
     */
    public void deleteManifest(Repository repository, String name) {
        delete(repository, "manifests/" + name, repository);
    }

    /**
     * Deletes a blob.
     *
     * @param repository where it lies
     * @param digest its digest
     * @throws RegistryException when there is none, or the registry deletes nothing
     */
    public void deleteBlob(Repository repository, Digest digest) {
        delete(repository, "blobs/" + digest, null);
    }

    private void delete(Repository repository, String rest, @Nullable Repository wanted) {
        var endpoint = mirrors.origin(repository);
        var what = "deleting " + rest + " of " + repository;
        var ask = Ask.of("DELETE", connection.url(endpoint, rest));
        try (var reply = send(endpoint, ask, "delete,pull", what)) {
            if (reply.code() != ACCEPTED && reply.code() != OK) {
                throw connection.refusal(endpoint, reply, what, wanted);
            }
        }
    }

    /**
     * Lists what refers to a manifest; where the registry has no such list, from the tag that
     * stands for it.
     *
     * @param repository where it lies
     * @param digest of the manifest
     * @param artifactType only those of this type, empty for all
     * @return what refers to it
     */
    public List<Referrer> referrers(
            Repository repository, Digest digest, Optional<String> artifactType) {
        return listings.referrers(mirrors.origin(repository), repository, digest, artifactType);
    }

    /** Something that is asked of one endpoint, up to a number of times. */
    private interface Asking<T> {
        T at(Endpoint endpoint, int most);
    }

    /** Asks one endpoint after the other, until one has an answer. */
    private <T> T anywhere(Repository repository, boolean byDigest, Asking<T> asking) {
        var endpoints = mirrors.endpoints(repository, byDigest);
        var failures = new ArrayList<ImageException>();
        for (var endpoint : endpoints) {
            boolean last = endpoint.equals(endpoints.getLast());
            try {
                return asking.at(
                        endpoint, last ? attempts() : Math.min(attempts(), MIRROR_ATTEMPTS));
            } catch (ImageException e) {
                if (Thread.currentThread().isInterrupted()) {
                    throw e;
                }
                failures.add(e);
            }
        }
        throw Refusals.all(endpoints, failures);
    }

    @Override
    public void close() {
        connection.close();
    }
}
