package io.pelagos.image.testing;

import com.sun.net.httpserver.HttpServer;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.MediaType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * A registry inside the JVM, for tests: it listens on a free port of 127.0.0.1, speaks plain HTTP,
 * and forgets everything when it is closed. Large blobs lie in temporary files until then.
 *
 * {@snippet :
 * try (var registry = TestRegistry.start()) {
 *     registry.putImage("app:1", layer);
 *     registry.fault(Fault.cut(100).path("/blobs/"));
 *     pull(registry.address() + "/app:1");
 *     assertThat(registry.requests()).hasSize(5);
 * }
 * }
 *
 * <p>All methods can be called from any thread.
 */
public final class TestRegistry implements AutoCloseable {
    private static final String DEFAULT_TAG = "latest";
    private static final byte[] JSON = {'{', '}'};

    private final HttpServer server;
    private final FrontDoor door;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final BlobStorage storage = new BlobStorage();
    private final Repositories repositories = new Repositories();
    private final UploadHandler uploads = new UploadHandler(storage, repositories);
    private final Faults faults = new Faults();
    private final List<RecordedRequest> requests = new ArrayList<>();
    private final @Nullable TokenIssuer issuer;

    TestRegistry(TestRegistryBuilder options) {
        try {
            server =
                    HttpServer.create(
                            new InetSocketAddress(
                                    InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 0),
                            0);
            door = FrontDoor.open(server.getAddress());
        } catch (IOException e) {
            throw new UncheckedIOException("listening on 127.0.0.1", e);
        }
        issuer = options.issuer();
        server.setExecutor(threads);
        server.createContext(
                "/",
                new Dispatcher(
                        handlers(options),
                        options.access(issuer, uri()),
                        options.isReadOnly(),
                        faults,
                        new Delivery(closed),
                        this::add));
        server.start();
        door.start();
    }

    private EnumMap<Route.Kind, Handler> handlers(TestRegistryBuilder options) {
        var lists = new ListHandler(repositories, options.pageSize());
        var handlers = new EnumMap<Route.Kind, Handler>(Route.Kind.class);
        handlers.put(Route.Kind.BASE, TestRegistry::base);
        handlers.put(Route.Kind.CATALOG, lists);
        handlers.put(Route.Kind.TAGS, lists);
        handlers.put(Route.Kind.MANIFEST, new ManifestHandler(repositories));
        handlers.put(Route.Kind.BLOB, new BlobHandler(storage, repositories));
        handlers.put(Route.Kind.UPLOAD, uploads);
        handlers.put(Route.Kind.REFERRERS, new ReferrersHandler(repositories));
        if (options.isIssuing()) {
            handlers.put(Route.Kind.TOKEN, new TokenHandler(tokenIssuer()));
        }
        return handlers;
    }

    private static Answer base(Request request, Route route) {
        if (!request.isReading()) {
            throw RefusedRequest.method(request);
        }
        return Answer.of(200).with(Answer.CONTENT_TYPE, "application/json").with(Content.of(JSON));
    }

    /**
     * Starts a registry that lets everybody do everything.
     *
     * @return the registry, listening
     */
    public static TestRegistry start() {
        return builder().start();
    }

    /**
     * Begins a registry that is not like that.
     *
     * @return a builder
     */
    public static TestRegistryBuilder builder() {
        return new TestRegistryBuilder();
    }

    /**
     * Returns what stands before the slash in references to its images.
     *
     * @return {@code 127.0.0.1:} and the port
     */
    public String address() {
        return "127.0.0.1:" + door.port();
    }

    /**
     * Returns where it is.
     *
     * @return {@code http://127.0.0.1:PORT/}
     */
    public URI uri() {
        return URI.create("http://" + address() + "/");
    }

    /**
     * Makes it do something wrong, after the faults that it was given before.
     *
     * @param fault what, and when
     * @return this registry
     */
    public TestRegistry fault(Fault fault) {
        faults.add(fault);
        return this;
    }

    /** Makes it do everything right from now on. */
    public void clearFaults() {
        faults.clear();
    }

    private void add(RecordedRequest request) {
        synchronized (requests) {
            requests.add(request);
        }
    }

    /**
     * Returns what it was asked so far, in the order of the answers. A request is there before its
     * answer is sent.
     *
     * @return a copy
     */
    public List<RecordedRequest> requests() {
        synchronized (requests) {
            return List.copyOf(requests);
        }
    }

    /** Forgets what it was asked so far. */
    public void clearRequests() {
        synchronized (requests) {
            requests.clear();
        }
    }

    /**
     * Makes a token that stands for the user, and that access tokens can be got for.
     *
     * @return what clients keep as {@code identitytoken}
     * @throws IllegalStateException when it hands out no tokens
     */
    public String issueIdentityToken() {
        return tokenIssuer().issueIdentityToken();
    }

    /**
     * Makes all access tokens invalid that were handed out so far, as if their time were over.
     *
     * @throws IllegalStateException when it hands out no tokens
     */
    public void expireTokens() {
        tokenIssuer().expire();
    }

    TokenIssuer tokenIssuer() {
        if (issuer == null) {
            throw new IllegalStateException("the registry hands out no tokens");
        }
        return issuer;
    }

    /**
     * Puts a blob into all repositories.
     *
     * @param bytes the content
     * @return its digest
     */
    public Digest putBlob(byte[] bytes) {
        var digest = storage.put(bytes);
        repositories.addBlobEverywhere(digest);
        return digest;
    }

    /**
     * Puts a blob into one repository.
     *
     * @param repository its name
     * @param bytes the content
     * @return its digest
     * @throws IllegalArgumentException when that is no name
     */
    public Digest putBlob(String repository, byte[] bytes) {
        checkRepository(repository);
        var digest = storage.put(bytes);
        repositories.addBlob(repository, digest);
        return digest;
    }

    /**
     * Puts a manifest, an index, or anything else in their place into a repository: unlike what
     * clients push, it is not checked.
     *
     * @param repository its name
     * @param tagOrDigest a tag, or the digest of the bytes
     * @param mediaType how it is sent
     * @param bytes the document
     * @return its digest
     * @throws IllegalArgumentException when that is no name, no tag, or not the digest
     */
    public Digest putManifest(
            String repository, String tagOrDigest, String mediaType, byte[] bytes) {
        checkRepository(repository);
        if (!Names.isDigest(tagOrDigest) && !Names.isTag(tagOrDigest)) {
            throw new IllegalArgumentException("tag \"" + tagOrDigest + "\": is no tag");
        }
        if (Names.isDigest(tagOrDigest) && !Digest.parse(tagOrDigest).matches(bytes)) {
            throw new IllegalArgumentException(
                    "digest \"" + tagOrDigest + "\": is not that of the bytes");
        }
        var digest = Names.isDigest(tagOrDigest) ? Digest.parse(tagOrDigest) : Digest.of(bytes);
        repositories.put(repository, tagOrDigest, new StoredManifest(mediaType, bytes, digest));
        return digest;
    }

    private static void checkRepository(String repository) {
        if (!Names.isRepository(repository)) {
            throw new IllegalArgumentException(
                    "repository \"" + repository + "\": is no name of a repository");
        }
    }

    /**
     * Makes an OCI image for this machine's platform, with an otherwise empty configuration.
     *
     * @param reference repository and tag, for example {@code app:1}; without a tag it is {@code
     *     latest}
     * @param layers tar archives compressed by gzip, the lowest first
     * @return the digest of its manifest
     * @throws IllegalArgumentException when the reference or a layer is not like that
     */
    public Digest putImage(String reference, byte[]... layers) {
        return putImage(reference, "{}", List.of(layers));
    }

    /**
     * Makes an OCI image.
     *
     * @param reference repository and tag, for example {@code app:1}; without a tag it is {@code
     *     latest}
     * @param config a JSON object; {@code os}, {@code architecture} and {@code rootfs} are added
     *     where it has none
     * @param layers tar archives compressed by gzip, the lowest first
     * @return the digest of its manifest
     * @throws IllegalArgumentException when the reference, the configuration or a layer is not like
     *     that
     */
    public Digest putImage(String reference, String config, List<byte[]> layers) {
        int colon = reference.indexOf(':');
        var repository = colon < 0 ? reference : reference.substring(0, colon);
        var tag = colon < 0 ? DEFAULT_TAG : reference.substring(colon + 1);
        checkRepository(repository);
        var document = SampleImage.config(config, layers);
        layers.forEach(layer -> putBlob(repository, layer));
        putBlob(repository, document);
        return putManifest(
                repository, tag, MediaType.OCI_MANIFEST, SampleImage.manifest(document, layers));
    }

    /**
     * Returns a manifest or an index as it is stored.
     *
     * @param repository its name
     * @param tagOrDigest which one
     * @return its bytes, if there is such a one
     */
    public Optional<byte[]> manifest(String repository, String tagOrDigest) {
        return repositories.manifest(repository, tagOrDigest).map(StoredManifest::bytes);
    }

    /**
     * Tells whether a repository has a blob.
     *
     * @param repository its name
     * @param digest which one
     * @return true if so
     */
    public boolean hasBlob(String repository, Digest digest) {
        return repositories.hasBlob(repository, digest);
    }

    /**
     * Returns the tags of a repository.
     *
     * @param repository its name
     * @return sorted; empty when there is no such repository
     */
    public List<String> tags(String repository) {
        return repositories.tags(repository);
    }

    /**
     * Stops listening, breaks all connections, ends what is stalled, and removes the temporary
     * files.
     */
    @Override
    public void close() {
        closed.countDown();
        door.close();
        server.stop(0);
        threads.shutdownNow();
        threads.close();
        try {
            uploads.close();
        } catch (IOException e) {
            throw new UncheckedIOException("closing uploads", e);
        } finally {
            storage.close();
        }
    }
}
