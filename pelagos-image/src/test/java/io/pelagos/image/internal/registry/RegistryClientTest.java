package io.pelagos.image.internal.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.pelagos.image.spec.BadContentException;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageNotFoundException;
import io.pelagos.image.spec.ImageReference;
import io.pelagos.image.spec.MediaType;
import io.pelagos.image.spec.RegistryException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RegistryClientTest {
    private static final byte[] BLOB = new byte[100_000];
    private static final Digest DIGEST;
    private static final String MANIFEST =
            "{\"schemaVersion\":2,\"mediaType\":\"" + MediaType.OCI_MANIFEST + "\"}";

    static {
        new Random(1).nextBytes(BLOB);
        DIGEST = Digest.of(BLOB);
    }

    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (var each : open.reversed()) {
            each.close();
        }
    }

    private ScriptedServer server(ScriptedServer.Script script) throws IOException {
        var server = new ScriptedServer(script);
        open.add(server);
        return server;
    }

    private static RegistryOptions options() {
        return RegistryOptions.usual()
                .withTls(TlsFiles.NONE)
                .withBackoff(new Backoff(4, Duration.ofMillis(1), Duration.ofMillis(4)));
    }

    private RegistryClient client() {
        return client(options(), CredentialSources.none(), MirrorRules.none());
    }

    private RegistryClient client(
            RegistryOptions options, CredentialSources sources, MirrorRules mirrors) {
        var client = new RegistryClient(options, sources, mirrors);
        open.add(client);
        return client;
    }

    private static Repository app(ScriptedServer server) {
        return new Repository(server.host(), "app");
    }

    private static ImageReference tag(ScriptedServer server) {
        return ImageReference.parse(server.host() + "/app:1");
    }

    private byte[] fetch(ScriptedServer server) throws IOException {
        try (var in = client().blob(app(server), DIGEST, BLOB.length)) {
            return in.readAllBytes();
        }
    }

    private static byte[] from(ScriptedServer.Call call) {
        var range = call.request().range();
        return range.equals("null")
                ? BLOB
                : Arrays.copyOfRange(
                        BLOB, Integer.parseInt(range.replaceAll("\\D", "")), BLOB.length);
    }

    private static void range(ScriptedServer.Call call, int after) throws IOException {
        var rest = from(call);
        int start = BLOB.length - rest.length;
        if (start > 0) {
            call.header(
                    "Content-Range",
                    "bytes " + start + "-" + (BLOB.length - 1) + "/" + BLOB.length);
        }
        call.cut(start > 0 ? 206 : 200, rest, Math.min(after, rest.length));
    }

    @Test
    void aManifestComesWithItsTypesAndDigest() throws IOException {
        var server = server(call -> call.header("Content-Type", "text/x; a=b").send(200, MANIFEST));

        var document = client().manifest(tag(server));

        assertThat(document.contentType()).isEqualTo("text/x");
        assertThat(document.mediaType()).contains(MediaType.OCI_MANIFEST);
        assertThat(document.digest())
                .isEqualTo(Digest.of(MANIFEST.getBytes(StandardCharsets.UTF_8)));
        assertThat(server.requests).hasToString("[GET /v2/app/manifests/1]");
    }

    @Test
    void resolvingATagIsOneRequest() throws IOException {
        var server =
                server(
                        call ->
                                call.header("Content-Type", MediaType.OCI_MANIFEST)
                                        .header("Docker-Content-Digest", DIGEST.toString())
                                        .send(200, BLOB));

        var resolved = client().resolve(tag(server));

        assertThat(resolved).isEqualTo(new Resolved(DIGEST, MediaType.OCI_MANIFEST, BLOB.length));
        assertThat(server.requests).hasToString("[HEAD /v2/app/manifests/1]");
    }

    @Test
    void aManifestOfAnotherDigestIsRefused() throws IOException {
        var server = server(call -> call.send(200, MANIFEST));
        var other = tag(server).withDigest(DIGEST);

        assertThatThrownBy(() -> client().manifest(other))
                .isInstanceOf(BadContentException.class)
                .hasMessageContaining(DIGEST.toString());
    }

    @Test
    void aManifestThatTheRegistryNamesOtherwiseIsRefused() throws IOException {
        var server =
                server(
                        call ->
                                call.header("Docker-Content-Digest", "sha256:../../x")
                                        .send(200, MANIFEST));

        assertThatThrownBy(() -> client().manifest(tag(server)))
                .isInstanceOf(BadContentException.class)
                .hasMessageContaining("../../x");
    }

    @Test
    void aManifestOverFourMebibytesIsRefused() throws IOException {
        var large = new byte[RegistryClient.MOST_OF_MANIFEST + 1];
        var server = server(call -> call.send(200, large));

        assertThatThrownBy(() -> client().manifest(tag(server)))
                .isInstanceOf(BadContentException.class)
                .hasMessageContaining("4 MiB");
    }

    @Test
    void anUnknownManifestIsAnImageThatIsNotFound() throws IOException {
        var server =
                server(
                        call ->
                                call.send(
                                        404,
                                        "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\","
                                                + "\"message\":\"no such\"}]}"));

        assertThatThrownBy(() -> client().manifest(tag(server)))
                .isInstanceOf(ImageNotFoundException.class)
                .hasMessageContaining("MANIFEST_UNKNOWN (no such)");
    }

    @Test
    void aBlobComesWhole() throws IOException {
        var server = server(call -> call.send(200, BLOB));

        assertThat(fetch(server)).isEqualTo(BLOB);
    }

    @Test
    void aBlobThatIsCutAgainAndAgainIsResumed() throws IOException {
        var server = server(call -> range(call, 30_000));

        assertThat(fetch(server)).isEqualTo(BLOB);
        assertThat(server.requests)
                .extracting(ScriptedServer.Request::range)
                .containsExactly("null", "bytes=30000-", "bytes=60000-", "bytes=90000-");
    }

    @Test
    void aBlobIsResumedFromAServerWithoutRanges() throws IOException {
        var server = server(call -> call.cut(200, BLOB, call.number() == 1 ? 50_000 : BLOB.length));

        assertThat(fetch(server)).isEqualTo(BLOB);
        assertThat(server.requests).hasSize(2);
    }

    @Test
    void aBlobThatNeverGoesOnFails() throws IOException {
        var server = server(call -> range(call, call.number() == 1 ? 10 : 0));

        assertThatThrownBy(() -> fetch(server)).isInstanceOf(RegistryException.class);
        assertThat(server.requests).hasSize(4);
    }

    @Test
    void aShorterBlobIsRefused() throws IOException {
        var server = server(call -> call.send(200, Arrays.copyOf(BLOB, 99_999)));

        assertThatThrownBy(() -> fetch(server))
                .isInstanceOf(BadContentException.class)
                .hasMessageContaining("99999 bytes instead of 100000");
    }

    @Test
    void aShorterBlobWithoutALengthIsRefused() throws IOException {
        var server = server(call -> chunked(call, Arrays.copyOf(BLOB, 99_999)));

        assertThatThrownBy(() -> fetch(server)).isInstanceOf(BadContentException.class);
    }

    @Test
    void aLongerBlobWithoutALengthIsRefused() throws IOException {
        var server = server(call -> chunked(call, Arrays.copyOf(BLOB, 100_001)));

        assertThatThrownBy(() -> fetch(server))
                .isInstanceOf(BadContentException.class)
                .hasMessageContaining("more than 100000");
    }

    private static void chunked(ScriptedServer.Call call, byte[] bytes) throws IOException {
        call.exchange().sendResponseHeaders(200, 0);
        call.exchange().getResponseBody().write(bytes);
        call.exchange().getResponseBody().close();
    }

    @Test
    void noEndOfOtherContentIsEverReported() throws IOException {
        var other = BLOB.clone();
        other[0]++;
        var server = server(call -> call.send(200, other));
        var read = new java.io.ByteArrayOutputStream();

        assertThatThrownBy(
                        () -> {
                            try (var in = client().blob(app(server), DIGEST, BLOB.length)) {
                                in.transferTo(read);
                            }
                        })
                .isInstanceOf(BadContentException.class);
        assertThat(read.size()).isLessThan(BLOB.length);
    }

    @Test
    void aStalledBlobIsResumed() throws IOException {
        var end = new CountDownLatch(1);
        open.add(end::countDown);
        var server =
                server(
                        call -> {
                            range(call, call.number() == 1 ? 500 : BLOB.length);
                            if (call.number() == 1) {
                                await(end);
                            }
                        });
        var options =
                options()
                        .withLimits(
                                new TimeLimits(
                                        Duration.ofSeconds(5),
                                        Duration.ofMillis(100),
                                        Duration.ZERO));
        var client = client(options, CredentialSources.none(), MirrorRules.none());

        try (var in = client.blob(app(server), DIGEST, BLOB.length)) {
            assertThat(in.readAllBytes()).isEqualTo(BLOB);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void anInterruptEndsAReadAndKeepsTheFlag() throws Exception {
        var end = new CountDownLatch(1);
        var begun = new CountDownLatch(1);
        open.add(end::countDown);
        var server =
                server(
                        call -> {
                            range(call, 500);
                            begun.countDown();
                            await(end);
                        });
        var failure = new AtomicReference<Throwable>();
        var flag = new AtomicReference<Boolean>();
        var reader =
                Thread.ofPlatform()
                        .start(
                                () -> {
                                    try {
                                        fetch(server);
                                    } catch (Throwable e) {
                                        failure.set(e);
                                        flag.set(Thread.currentThread().isInterrupted());
                                    }
                                });
        begun.await();
        reader.interrupt();
        reader.join();

        assertThat(failure.get())
                .isInstanceOf(RegistryException.class)
                .hasMessageContaining("interrupted");
        assertThat(flag.get()).isTrue();
        assertThat(server.requests).hasSize(1);
    }

    @Test
    void whatFailsInPassingIsTriedAgain() throws IOException {
        for (int status : new int[] {429, 500, 502, 503, 504}) {
            var server =
                    server(
                            call -> {
                                if (call.number() < 3) {
                                    call.header("Retry-After", "3600").status(status);
                                } else {
                                    call.send(200, MANIFEST);
                                }
                            });

            assertThat(client().manifest(tag(server)).content().utf8()).isEqualTo(MANIFEST);
            assertThat(server.requests).hasSize(3);
        }
    }

    @Test
    void whatTheRegistryRefusesIsNotTriedAgain() throws IOException {
        for (int status : new int[] {400, 403, 404, 405, 501}) {
            var server = server(call -> call.status(status));

            assertThatThrownBy(() -> client().manifest(tag(server)))
                    .isInstanceOf(io.pelagos.image.spec.ImageException.class);
            assertThat(server.requests).hasSize(1);
        }
    }

    @Test
    void aHostThatOnlyFailsIsLeftInPeace() throws IOException {
        var server = server(call -> call.status(503));
        var client = client();
        for (int i = 0; i < 5; i++) {
            assertThatThrownBy(() -> client.manifest(tag(server)))
                    .isInstanceOf(RegistryException.class);
        }

        assertThat(server.requests).hasSize(10);
    }

    @Test
    void offlineNothingIsSent() throws IOException {
        var server = server(call -> call.send(200, MANIFEST));
        var client =
                client(options().withOffline(true), CredentialSources.none(), MirrorRules.none());

        assertThatThrownBy(() -> client.manifest(tag(server))).hasMessageContaining("offline");
        assertThat(server.requests).isEmpty();
    }

    @Test
    void plainHttpIsNotSpokenWhereItIsNotAllowed() throws IOException {
        var server = server(call -> call.send(200, MANIFEST));
        var client =
                client(
                        options()
                                .withPlainHttp(PlainHttp.NEVER)
                                .withLimits(
                                        new TimeLimits(
                                                Duration.ofSeconds(5),
                                                Duration.ofMillis(100),
                                                Duration.ZERO))
                                .withBackoff(new Backoff(1, Duration.ZERO, Duration.ZERO)),
                        CredentialSources.none(),
                        MirrorRules.none());

        assertThatThrownBy(() -> client.ping(server.host())).isInstanceOf(RegistryException.class);
        assertThat(server.requests).isEmpty();
    }

    private static void tokens(ScriptedServer.Call call, String url, String life)
            throws IOException {
        if (call.request().uri().startsWith("/token")) {
            call.send(200, "{\"token\":\"t" + call.number() + "\"" + life + "}");
        } else if (call.request().authorization().equals("null")) {
            call.header("WWW-Authenticate", "Bearer realm=\"" + url + "/token\",service=\"s\"")
                    .status(401);
        } else {
            call.send(200, MANIFEST);
        }
    }

    @Test
    void aTokenIsFetchedOnceForAScope() throws IOException {
        var url = new AtomicReference<String>();
        var server = server(call -> tokens(call, url.get(), ",\"expires_in\":300"));
        url.set(server.url());
        var client =
                client(
                        options(),
                        CredentialSources.none()
                                .with(server.host(), Credentials.of("me", "geheim")),
                        MirrorRules.none());

        client.manifest(tag(server));
        client.manifest(tag(server));

        assertThat(server.requests)
                .extracting(Object::toString)
                .containsExactly(
                        "GET /v2/app/manifests/1",
                        "GET /token?service=s&scope=repository%3Aapp%3Apull&account=me",
                        "GET /v2/app/manifests/1",
                        "GET /v2/app/manifests/1");
        assertThat(server.requests.get(1).authorization())
                .isEqualTo(Credentials.of("me", "geheim").basic());
        assertThat(server.requests.getLast().authorization()).isEqualTo("Bearer t2");
    }

    @Test
    void aTokenThatTheRegistryNoLongerTakesIsRenewedOnce() throws IOException {
        var url = new AtomicReference<String>();
        var server =
                server(
                        call -> {
                            if (call.number() == 4) {
                                call.header(
                                                "WWW-Authenticate",
                                                "Bearer realm=\"" + url.get() + "/token\"")
                                        .status(401);
                            } else {
                                tokens(call, url.get(), ",\"expires_in\":300");
                            }
                        });
        url.set(server.url());
        var client = client();

        client.manifest(tag(server));
        client.manifest(tag(server));

        assertThat(server.requests.getLast().authorization()).isEqualTo("Bearer t5");
        assertThat(server.requests).hasSize(6);
    }

    @Test
    void anExpiredTokenIsNotSent() throws IOException {
        var url = new AtomicReference<String>();
        var server =
                server(
                        call ->
                                tokens(
                                        call,
                                        url.get(),
                                        ",\"expires_in\":60,"
                                                + "\"issued_at\":\"2001-01-01T00:00:00Z\""));
        url.set(server.url());
        var client = client();

        client.manifest(tag(server));
        client.manifest(tag(server));

        assertThat(server.requests)
                .extracting(ScriptedServer.Request::authorization)
                .filteredOn(it -> it.equals("Bearer t2"))
                .hasSize(1);
    }

    @Test
    void anIdentityTokenIsSentAsAForm() throws IOException {
        var url = new AtomicReference<String>();
        var server = server(call -> tokens(call, url.get(), ""));
        url.set(server.url());

        client(
                        options(),
                        CredentialSources.none()
                                .with(server.host(), Credentials.ofIdentityToken("marke")),
                        MirrorRules.none())
                .manifest(tag(server));

        assertThat(server.requests.get(1).method()).isEqualTo("POST");
        assertThat(server.requests.get(1).body())
                .contains("grant_type=refresh_token")
                .contains("refresh_token=marke");
    }

    @Test
    void aRealmOnAnotherHostGetsNoCredentialsUnlessAllowed() throws IOException {
        var realm = server(call -> call.send(200, "{\"token\":\"t\"}"));
        var server =
                server(
                        call ->
                                call.header(
                                                "WWW-Authenticate",
                                                "Bearer realm=\"" + realm.url() + "/token\"")
                                        .status(401));
        var sources = CredentialSources.none().with(server.host(), Credentials.of("me", "geheim"));

        assertThatThrownBy(
                        () -> client(options(), sources, MirrorRules.none()).manifest(tag(server)))
                .hasMessageContaining("not sent to " + realm.host())
                .hasMessageNotContaining("geheim");
        assertThat(realm.requests.getLast().authorization()).isEqualTo("null");

        var allowed = options().withRealm(server.host(), realm.host());
        assertThatThrownBy(() -> client(allowed, sources, MirrorRules.none()).manifest(tag(server)))
                .hasMessageContaining("access denied");
        assertThat(realm.requests.getLast().authorization()).startsWith("Basic ");
    }

    @Test
    void aRedirectToAnotherHostLosesTheCredentials() throws IOException {
        var storage = server(call -> call.send(200, BLOB));
        var server =
                server(
                        call -> {
                            if (call.request().authorization().equals("null")) {
                                call.header("WWW-Authenticate", "Basic realm=\"r\"").status(401);
                            } else {
                                call.header("Location", storage.url() + "/x?signature=geheim")
                                        .status(307);
                            }
                        });
        var client =
                client(
                        options(),
                        CredentialSources.none().with(server.host(), Credentials.of("me", "pw")),
                        MirrorRules.none());

        try (var in = client.blob(app(server), DIGEST, BLOB.length)) {
            assertThat(in.readAllBytes()).isEqualTo(BLOB);
        }
        assertThat(server.requests.getLast().authorization()).startsWith("Basic ");
        assertThat(storage.requests.getLast().authorization()).isEqualTo("null");
    }

    @Test
    void aRedirectToAFileIsRefused() throws IOException {
        var server = server(call -> call.header("Location", "file:///etc/passwd").status(302));

        assertThatThrownBy(() -> fetch(server))
                .isInstanceOf(RegistryException.class)
                .hasMessageContaining("\"file:\"");
        assertThat(server.requests).hasSize(1);
    }

    @Test
    void redirectsWithoutEndAreRefused() throws IOException {
        var server = server(call -> call.header("Location", "/again").status(302));

        assertThatThrownBy(() -> fetch(server)).hasMessageContaining("more than 10 redirects");
    }

    @Test
    void aLayerFromElsewhereIsFetchedWithoutCredentials() throws IOException {
        var server = server(call -> call.send(200, BLOB));
        var client = client();

        try (var in = client.foreignBlob(URI.create(server.url() + "/l"), DIGEST, BLOB.length)) {
            assertThat(in.readAllBytes()).isEqualTo(BLOB);
        }
        assertThatThrownBy(() -> client.foreignBlob(URI.create("file:///etc/passwd"), DIGEST, 1))
                .isInstanceOf(RegistryException.class)
                .hasMessageContaining("file:");
        assertThatThrownBy(() -> client.foreignBlob(URI.create("http://192.0.2.1/l"), DIGEST, 1))
                .hasMessageContaining("plain HTTP is not allowed");
    }

    @Test
    void mirrorsAreAskedInOrderAndAllAreNamedInTheEnd() throws IOException {
        var empty = server(call -> call.status(404));
        var full = server(call -> call.send(200, MANIFEST));
        var origin = server(call -> call.status(404));
        var rules =
                "[mirrors]\n\"%s\" = [\"%s/a\", \"%s/b\"]\n"
                        .formatted(origin.host(), empty.url(), full.url());

        client(options(), CredentialSources.none(), MirrorRules.pelagos(rules, "test"))
                .manifest(tag(origin));

        assertThat(empty.requests).hasToString("[GET /v2/a/app/manifests/1]");
        assertThat(full.requests).hasToString("[GET /v2/b/app/manifests/1]");
        assertThat(origin.requests).isEmpty();

        var without = "[mirrors]\n\"%s\" = [\"%s\"]\n".formatted(origin.host(), empty.url());
        assertThatThrownBy(
                        () ->
                                client(
                                                options(),
                                                CredentialSources.none(),
                                                MirrorRules.pelagos(without, "test"))
                                        .manifest(tag(origin)))
                .isInstanceOf(ImageNotFoundException.class)
                .hasMessageContaining(empty.host())
                .hasMessageContaining(origin.host());
    }

    @Test
    void aListIsReadPageByPage() throws IOException {
        var server =
                server(
                        call -> {
                            if (call.number() == 1) {
                                call.header("Link", "</v2/app/tags/list?last=b>; rel=\"next\"")
                                        .send(200, "{\"tags\":[\"a\",\"b\"]}");
                            } else {
                                call.send(200, "{\"tags\":[\"c\"]}");
                            }
                        });

        assertThat(client().tags(app(server))).containsExactly("a", "b", "c");
    }

    @Test
    void aListThatRunsInACircleIsRefused() throws IOException {
        var server =
                server(
                        call ->
                                call.header("Link", "</v2/_catalog?last=b>; rel=\"next\"")
                                        .send(200, "{\"repositories\":[\"a\"]}"));

        assertThatThrownBy(() -> client().catalog(server.host()))
                .isInstanceOf(RegistryException.class)
                .hasMessageContaining("does not end");
    }

    @Test
    void referrersComeFromTheTagWhereThereIsNoList() throws IOException {
        var index =
                "{\"manifests\":[{\"mediaType\":\"m\",\"digest\":\"%s\",\"size\":3,"
                                .formatted(DIGEST)
                        + "\"artifactType\":\"a/b\",\"annotations\":{\"k\":\"v\"}},"
                        + "{\"digest\":\"%s\",\"artifactType\":\"c/d\"}]}".formatted(DIGEST);
        var server =
                server(
                        call -> {
                            if (call.request().uri().contains("/referrers/")) {
                                call.status(404);
                            } else {
                                call.send(200, index);
                            }
                        });

        assertThat(client().referrers(app(server), DIGEST, Optional.of("a/b")))
                .containsExactly(new Referrer("m", DIGEST, 3, "a/b", java.util.Map.of("k", "v")));
        assertThat(server.requests.getLast())
                .hasToString("GET /v2/app/manifests/sha256-" + DIGEST.hex());
    }

    /** A registry that keeps what it is sent, and loses the connection where it is told to. */
    private static final class Keeping implements ScriptedServer.Script {
        final StringBuilder kept = new StringBuilder();
        private int failAt = -1;

        @Override
        public void answer(ScriptedServer.Call call) throws IOException {
            var request = call.request();
            switch (request.method()) {
                case "HEAD" -> call.status(404);
                case "POST" -> call.header("Location", "/up/1?state=x").status(202);
                case "PATCH" -> {
                    if (call.number() == failAt) {
                        kept.append(request.body(), 0, 2);
                        call.status(500);
                        return;
                    }
                    kept.append(request.body());
                    call.header("Location", "/up/1?state=y")
                            .header("Range", "0-" + (kept.length() - 1))
                            .status(202);
                }
                case "GET" -> call.header("Range", "0-" + (kept.length() - 1)).status(204);
                default -> {
                    kept.append(request.body());
                    call.status(201);
                }
            }
        }
    }

    private Push.Outcome push(ScriptedServer server, Push how) {
        var content = "0123456789".getBytes(StandardCharsets.UTF_8);
        return client().pushBlob(
                        app(server),
                        Digest.of(content),
                        content.length,
                        () -> new ByteArrayInputStream(content),
                        how);
    }

    @Test
    void aBlobIsPushedWhole() throws IOException {
        var keeping = new Keeping();
        var server = server(keeping);

        assertThat(push(server, Push.WHOLE)).isEqualTo(Push.Outcome.UPLOADED);
        assertThat(keeping.kept).hasToString("0123456789");
        assertThat(server.requests.getLast().uri()).startsWith("/up/1?state=x&digest=sha256");
    }

    @Test
    void aBlobIsPushedInChunksAndGoesOnAfterABreak() throws IOException {
        var keeping = new Keeping();
        keeping.failAt = 4;
        var server = server(keeping);

        assertThat(push(server, new Push(List.of(), 4))).isEqualTo(Push.Outcome.UPLOADED);
        assertThat(keeping.kept).hasToString("0123456789");
    }

    @Test
    void aBlobThatIsThereIsNotPushed() throws IOException {
        var server = server(call -> call.status(200));

        assertThat(push(server, Push.WHOLE)).isEqualTo(Push.Outcome.EXISTED);
        assertThat(server.requests).hasSize(1);
    }

    @Test
    void aBlobOfAnotherRepositoryIsMounted() throws IOException {
        var server =
                server(call -> call.status(call.request().method().equals("HEAD") ? 404 : 201));

        assertThat(push(server, new Push(List.of("other"), 0))).isEqualTo(Push.Outcome.MOUNTED);
        assertThat(server.requests.getLast().uri()).contains("mount=sha256").contains("from=other");
    }

    @Test
    void aSourceThatEndsEarlyIsNotTheRegistrysFault() throws IOException {
        var server = server(new Keeping());
        var empty = new ByteArrayInputStream(new byte[0]);

        assertThatThrownBy(() -> client().pushBlob(app(server), DIGEST, 5, () -> empty, Push.WHOLE))
                .isInstanceOf(BadContentException.class)
                .hasMessageContaining("ended before byte 5");
    }

    @Test
    void aManifestIsPushedAndDeleted() throws IOException {
        var server = server(call -> call.status(call.request().method().equals("PUT") ? 201 : 202));
        var bytes = MANIFEST.getBytes(StandardCharsets.UTF_8);

        assertThat(client().pushManifest(app(server), "1", MediaType.OCI_MANIFEST, bytes))
                .isEqualTo(Digest.of(bytes));
        client().deleteManifest(app(server), Digest.of(bytes).toString());

        assertThat(server.requests.getFirst().body()).isEqualTo(MANIFEST);
        assertThat(server.requests.getLast().method()).isEqualTo("DELETE");
    }

    @Test
    void aRefusalTellsWhatWasTriedAndNoSecret() throws IOException {
        var server = server(call -> call.header("WWW-Authenticate", "Basic realm=r").status(401));
        var client =
                client(
                        options(),
                        CredentialSources.of(
                                java.util.Map.of(
                                        "REGISTRY_AUTH_FILE",
                                        "/nowhere/auth.json",
                                        "PELAGOS_REGISTRY_USER",
                                        "me",
                                        "PELAGOS_REGISTRY_PASS",
                                        "geheim")),
                        MirrorRules.none());

        var e = catchThrowableOfType(RegistryException.class, () -> client.ping(server.host()));

        assertThat(e.status()).isEqualTo(401);
        assertThat(e)
                .hasMessageContaining("PELAGOS_REGISTRY_USER")
                .hasMessageContaining("pelagos image login " + server.host())
                .hasMessageNotContaining("geheim");
    }
}
