package io.pelagos.image.testing;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.pelagos.image.fixtures.RawHttp;
import io.pelagos.image.fixtures.Tars;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.MediaType;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the registry for tests answers when it does everything right. */
class TestRegistryTest {
    private static final byte[] BLOB = "0123456789".getBytes(US_ASCII);
    private static final Digest DIGEST = Digest.of(BLOB);
    private static final byte[] NOTHING = {};

    private TestRegistry registry;
    private RawHttp http;

    @BeforeEach
    void start() {
        registry = TestRegistry.start();
        http = new RawHttp(registry.address());
    }

    @AfterEach
    void stop() {
        registry.close();
    }

    private static JsonNode json(RawHttp.Reply reply) {
        return JsonMapper.shared().readTree(reply.text());
    }

    private static void assertError(RawHttp.Reply reply, int status, String code) {
        assertThat(reply.status()).as(reply.text()).isEqualTo(status);
        assertThat(json(reply).at("/errors/0/code").stringValue()).isEqualTo(code);
    }

    /** Where an answer says to go on, which may be without a host. */
    private static String location(RawHttp.Reply reply) {
        return reply.header("Location").orElseThrow();
    }

    @Test
    void itSaysWhatItIs() throws IOException {
        var base = http.get("/v2/");
        assertThat(base.status()).isEqualTo(200);
        assertThat(base.header("Docker-Distribution-Api-Version")).contains("registry/2.0");
        assertThat(http.get("/v2").status()).isEqualTo(200);
        assertThat(http.delete("/v2/").status()).isEqualTo(405);
        assertError(http.get("/v1/search"), 404, "UNSUPPORTED");
        assertThat(registry.uri()).hasToString("http://" + registry.address() + "/");
    }

    @Test
    void blobsAreHadWholeAndInParts() throws IOException {
        registry.putBlob("app", BLOB);
        var path = "/v2/app/blobs/" + DIGEST;
        var whole = http.get(path);
        assertThat(whole.status()).isEqualTo(200);
        assertThat(whole.body()).isEqualTo(BLOB);
        assertThat(whole.header("Docker-Content-Digest")).contains(DIGEST.toString());
        assertThat(http.head(path).header("Content-Length")).contains("10");
        assertThat(part("bytes=3-5", path)).isEqualTo("206 345 bytes 3-5/10");
        assertThat(part("bytes=7-", path)).isEqualTo("206 789 bytes 7-9/10");
        assertThat(part("bytes=-2", path)).isEqualTo("206 89 bytes 8-9/10");
        assertThat(part("bytes=8-100", path)).isEqualTo("206 89 bytes 8-9/10");
        assertThat(part("bytes=0-1,4-5", path)).isEqualTo("200 0123456789 ");
        assertThat(part("lines=0-1", path)).isEqualTo("200 0123456789 ");
        var beyond = new RawHttp(registry.address()).with("Range", "bytes=10-").get(path);
        assertError(beyond, 416, "RANGE_INVALID");
        assertThat(beyond.header("Content-Range")).contains("bytes */10");
    }

    private String part(String range, String path) throws IOException {
        var reply = new RawHttp(registry.address()).with("Range", range).get(path);
        assertThat(reply.whole()).isTrue();
        return reply.status() + " " + reply.text() + " " + reply.header("Content-Range").orElse("");
    }

    @Test
    void blobsBelongToTheirRepositories() throws IOException {
        registry.putBlob("one", BLOB);
        assertError(http.get("/v2/other/blobs/" + DIGEST), 404, "BLOB_UNKNOWN");
        assertError(http.get("/v2/one/blobs/sha256:../../x"), 404, "UNSUPPORTED");
        assertError(http.get("/v2/one/blobs/sha256:xyz"), 400, "DIGEST_INVALID");
        assertThat(http.delete("/v2/one/blobs/" + DIGEST).status()).isEqualTo(202);
        assertError(http.delete("/v2/one/blobs/" + DIGEST), 404, "BLOB_UNKNOWN");
        assertThat(registry.hasBlob("one", DIGEST)).isFalse();
        registry.putBlob(BLOB);
        assertThat(http.head("/v2/one/blobs/" + DIGEST).status()).isEqualTo(200);
        assertThat(http.send("PUT", "/v2/one/blobs/" + DIGEST, BLOB).status()).isEqualTo(405);
    }

    @Test
    void aBlobIsUploadedInOneRequest() throws IOException {
        var reply = http.send("POST", "/v2/app/blobs/uploads/?digest=" + DIGEST, BLOB);
        assertThat(reply.status()).isEqualTo(201);
        assertThat(location(reply)).isEqualTo("/v2/app/blobs/" + DIGEST);
        assertThat(http.get(location(reply)).body()).isEqualTo(BLOB);
    }

    @Test
    void aBlobIsUploadedByPostAndPut() throws IOException {
        var begun = http.send("POST", "/v2/app/blobs/uploads/", NOTHING);
        assertThat(begun.status()).isEqualTo(202);
        assertThat(begun.header("Docker-Upload-UUID")).isPresent();
        // It has a query already, as those of real registries do.
        assertThat(location(begun)).contains("?");
        var put = http.send("PUT", location(begun) + "&digest=" + DIGEST, BLOB);
        assertThat(put.status()).isEqualTo(201);
        assertThat(put.header("Docker-Content-Digest")).contains(DIGEST.toString());
        assertThat(registry.hasBlob("app", DIGEST)).isTrue();
        assertError(
                http.send("PUT", location(begun) + "&digest=" + DIGEST, BLOB),
                404,
                "BLOB_UPLOAD_UNKNOWN");
    }

    @Test
    void aBlobIsUploadedInChunksWhoseOrderMatters() throws IOException {
        var at = location(http.send("POST", "/v2/app/blobs/uploads/", NOTHING));
        var first = chunk("0-3").send("PATCH", at, "0123".getBytes(US_ASCII));
        assertThat(first.status()).isEqualTo(202);
        assertThat(first.header("Range")).contains("0-3");
        assertThat(http.get(location(first)).header("Range")).contains("0-3");
        var wrong = chunk("2-5").send("PATCH", location(first), "2345".getBytes(US_ASCII));
        assertThat(wrong.status()).isEqualTo(416);
        assertThat(wrong.header("Range")).contains("0-3");
        assertError(
                chunk("4-9").send("PATCH", location(first), "45".getBytes(US_ASCII)),
                400,
                "SIZE_INVALID");
        var second = chunk("4-7").send("PATCH", location(first), "4567".getBytes(US_ASCII));
        var put =
                chunk("8-9")
                        .send(
                                "PUT",
                                location(second) + "&digest=" + DIGEST,
                                "89".getBytes(US_ASCII));
        assertThat(put.status()).as(put.text()).isEqualTo(201);
        assertThat(http.get("/v2/app/blobs/" + DIGEST).body()).isEqualTo(BLOB);
    }

    private RawHttp chunk(String range) {
        return new RawHttp(registry.address()).with("Content-Range", range);
    }

    @Test
    void anUploadIsCancelled() throws IOException {
        var at = location(http.send("POST", "/v2/app/blobs/uploads/", NOTHING));
        assertThat(http.send("PATCH", at, BLOB).status()).isEqualTo(202);
        assertThat(http.delete(at).status()).isEqualTo(204);
        assertError(http.get(at), 404, "BLOB_UPLOAD_UNKNOWN");
        assertError(http.delete(at), 404, "BLOB_UPLOAD_UNKNOWN");
    }

    @Test
    void whatIsNotWhatItIsSaidToBeIsNotKept() throws IOException {
        var other = Digest.of(NOTHING);
        var at = location(http.send("POST", "/v2/app/blobs/uploads/", NOTHING));
        assertError(http.send("PUT", at + "&digest=" + other, BLOB), 400, "DIGEST_INVALID");
        assertThat(registry.hasBlob("app", other)).isFalse();
        assertThat(registry.hasBlob("app", DIGEST)).isFalse();
        var again = location(http.send("POST", "/v2/app/blobs/uploads/", NOTHING));
        assertError(http.send("PUT", again, BLOB), 400, "DIGEST_INVALID");
        assertError(http.send("POST", "/v2/UPPER/blobs/uploads/", NOTHING), 400, "NAME_INVALID");
    }

    @Test
    void aLargeBlobGoesThroughAFile() throws Exception {
        var large = new byte[3 << 20];
        new java.util.Random(5).nextBytes(large);
        var sha512 =
                Digest.of(
                        "sha512", java.security.MessageDigest.getInstance("SHA-512").digest(large));
        for (var digest : List.of(Digest.of(large), sha512)) {
            var reply = http.send("POST", "/v2/app/blobs/uploads/?digest=" + digest, large);
            assertThat(reply.status()).as(reply.text()).isEqualTo(201);
            assertThat(http.get("/v2/app/blobs/" + digest).body()).isEqualTo(large);
        }
    }

    @Test
    void aBlobIsMountedFromAnotherRepository() throws IOException {
        registry.putBlob("one", BLOB);
        var mount = "/v2/two/blobs/uploads/?mount=" + DIGEST + "&from=";
        assertThat(http.send("POST", mount + "one", NOTHING).status()).isEqualTo(201);
        assertThat(registry.hasBlob("two", DIGEST)).isTrue();
        // What cannot be mounted becomes an upload.
        var three = "/v2/three/blobs/uploads/?mount=" + DIGEST + "&from=nowhere";
        assertThat(http.send("POST", three, NOTHING).status()).isEqualTo(202);
        assertThat(registry.hasBlob("three", DIGEST)).isFalse();
    }

    private static byte[] manifest(String config, String more) {
        return ("{\"schemaVersion\":2,\"mediaType\":\""
                        + MediaType.OCI_MANIFEST
                        + "\",\"config\":{\"mediaType\":\"application/x\",\"digest\":\""
                        + config
                        + "\",\"size\":10},\"layers\":[]"
                        + more
                        + "}")
                .getBytes(UTF_8);
    }

    private RawHttp.Reply putManifest(String repository, String name, byte[] bytes)
            throws IOException {
        return new RawHttp(registry.address())
                .with("Content-Type", MediaType.OCI_MANIFEST)
                .send("PUT", "/v2/" + repository + "/manifests/" + name, bytes);
    }

    @Test
    void aManifestIsPutByTagAndByDigest() throws IOException {
        registry.putBlob("app", BLOB);
        var bytes = manifest(DIGEST.toString(), "");
        var digest = Digest.of(bytes);
        var put = putManifest("app", "v1", bytes);
        assertThat(put.status()).as(put.text()).isEqualTo(201);
        assertThat(put.header("Docker-Content-Digest")).contains(digest.toString());
        for (var name : List.of("v1", digest.toString())) {
            var got = http.get("/v2/app/manifests/" + name);
            assertThat(got.body()).isEqualTo(bytes);
            assertThat(got.header("Content-Type")).contains(MediaType.OCI_MANIFEST);
            assertThat(http.head("/v2/app/manifests/" + name).header("Docker-Content-Digest"))
                    .contains(digest.toString());
        }
        assertThat(putManifest("app", digest.toString(), bytes).status()).isEqualTo(201);
        assertThat(registry.tags("app")).containsExactly("v1");
    }

    @Test
    void aManifestThatIsNotGoodIsRefused() throws IOException {
        var bytes = manifest(DIGEST.toString(), "");
        assertError(putManifest("app", "v1", bytes), 404, "MANIFEST_BLOB_UNKNOWN");
        registry.putBlob("app", BLOB);
        assertError(putManifest("app", "-v1", bytes), 400, "TAG_INVALID");
        assertError(putManifest("app", Digest.of(BLOB).toString(), bytes), 400, "DIGEST_INVALID");
        assertThat(putManifest("app", "v1", "no json".getBytes(UTF_8)).status()).isEqualTo(400);
        assertError(http.send("PUT", "/v2/app/manifests/v1", bytes), 400, "MANIFEST_INVALID");
        assertError(putManifest("app", "v1", new byte[(4 << 20) + 1]), 413, "SIZE_INVALID");
        assertThat(registry.tags("app")).isEmpty();
    }

    @Test
    void aTagIsDeletedAndThenTheManifest() throws IOException {
        registry.putBlob("app", BLOB);
        var digest = Digest.of(manifest(DIGEST.toString(), ""));
        for (var tag : List.of("v1", "v2")) {
            putManifest("app", tag, manifest(DIGEST.toString(), ""));
        }
        assertThat(http.delete("/v2/app/manifests/v1").status()).isEqualTo(202);
        assertError(http.get("/v2/app/manifests/v1"), 404, "MANIFEST_UNKNOWN");
        assertThat(http.get("/v2/app/manifests/" + digest).status()).isEqualTo(200);
        assertThat(http.delete("/v2/app/manifests/" + digest).status()).isEqualTo(202);
        assertThat(http.get("/v2/app/manifests/v2").status()).isEqualTo(404);
        assertError(http.delete("/v2/app/manifests/v2"), 404, "MANIFEST_UNKNOWN");
        assertError(http.get("/v2/nothing/manifests/v1"), 404, "NAME_UNKNOWN");
    }

    @Test
    void listsComeInPages() throws IOException {
        try (var small = TestRegistry.builder().pageSize(2).start()) {
            var client = new RawHttp(small.address());
            for (var name : List.of("e", "a", "d", "b", "c")) {
                small.putManifest("app", name, MediaType.OCI_INDEX, "{}".getBytes(UTF_8));
                small.putManifest("r/" + name, "1", MediaType.OCI_INDEX, "{}".getBytes(UTF_8));
            }
            var seen = new java.util.ArrayList<String>();
            var target = "/v2/app/tags/list";
            while (!target.isEmpty()) {
                var page = client.get(target);
                json(page).get("tags").forEach(it -> seen.add(it.stringValue()));
                target = page.header("Link").map(it -> it.substring(1, it.indexOf('>'))).orElse("");
            }
            assertThat(seen).containsExactly("a", "b", "c", "d", "e");
            assertThat(json(client.get("/v2/app/tags/list?n=1&last=c")).get("tags").toString())
                    .isEqualTo("[\"d\"]");
            assertThat(json(client.get("/v2/app/tags/list?n=0")).get("tags")).isEmpty();
            assertThat(json(client.get("/v2/_catalog?n=100")).get("repositories")).hasSize(2);
            assertError(client.get("/v2/_catalog?n=x"), 400, "PAGINATION_NUMBER_INVALID");
            assertError(client.get("/v2/none/tags/list"), 404, "NAME_UNKNOWN");
            assertThat(client.delete("/v2/_catalog").status()).isEqualTo(405);
        }
    }

    @Test
    void whatRefersToAManifestIsListed() throws IOException {
        registry.putBlob("app", BLOB);
        var subject = manifest(DIGEST.toString(), "");
        putManifest("app", "v1", subject);
        var digest = Digest.of(subject);
        for (var kind : List.of("application/sbom", "application/signature")) {
            var more =
                    ",\"artifactType\":\"%s\",\"annotations\":{\"a\":\"b\"},\"subject\":{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d}"
                            .formatted(kind, MediaType.OCI_MANIFEST, digest, subject.length);
            var bytes = manifest(DIGEST.toString(), more);
            var put = putManifest("app", Digest.of(bytes).toString(), bytes);
            assertThat(put.header("OCI-Subject")).contains(digest.toString());
        }
        var all = http.get("/v2/app/referrers/" + digest);
        assertThat(all.header("Content-Type")).contains(MediaType.OCI_INDEX);
        assertThat(json(all).get("manifests")).hasSize(2);
        var some = http.get("/v2/app/referrers/" + digest + "?artifactType=application/sbom");
        assertThat(some.header("OCI-Filters-Applied")).contains("artifactType");
        assertThat(json(some).at("/manifests/0/annotations/a").stringValue()).isEqualTo("b");
        assertThat(json(some).get("manifests")).hasSize(1);
        assertThat(json(http.get("/v2/app/referrers/" + DIGEST)).get("manifests")).isEmpty();
        assertError(http.get("/v2/app/referrers/none"), 400, "DIGEST_INVALID");
    }

    private static String basic(String user, String password) {
        return "Basic "
                + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(UTF_8));
    }

    private static RawHttp as(TestRegistry registry, String authorization) {
        return new RawHttp(registry.address()).with("Authorization", authorization);
    }

    @Test
    void aPasswordIsWantedWithEveryRequest() throws IOException {
        try (var strict = TestRegistry.builder().basicAuth("user", "pass:word").start()) {
            var refused = new RawHttp(strict.address()).get("/v2/");
            assertError(refused, 401, "UNAUTHORIZED");
            assertThat(refused.header("WWW-Authenticate")).contains("Basic realm=\"pelagos\"");
            assertThat(as(strict, basic("user", "wrong")).get("/v2/").status()).isEqualTo(401);
            assertThat(as(strict, "Basic !").get("/v2/").status()).isEqualTo(401);
            assertThat(as(strict, basic("user", "pass:word")).get("/v2/").status()).isEqualTo(200);
            assertThat(strict.requests().toString()).doesNotContain("pass", "Basic");
        }
    }

    private static String token(RawHttp.Reply reply) {
        assertThat(reply.status()).as(reply.text()).isEqualTo(200);
        return json(reply).get("access_token").stringValue();
    }

    @Test
    void aTokenAllowsWhatItSays() throws IOException {
        try (var strict = TestRegistry.builder().tokenAuth("user", "secret").start()) {
            strict.putBlob("app", BLOB);
            var path = "/v2/app/blobs/" + DIGEST;
            var refused = new RawHttp(strict.address()).get(path);
            assertThat(refused.status()).isEqualTo(401);
            assertThat(refused.header("WWW-Authenticate").orElseThrow())
                    .startsWith("Bearer realm=\"" + strict.uri() + "token\"")
                    .contains("scope=\"repository:app:pull\"");
            var user = as(strict, basic("user", "secret"));
            var pull = token(user.get("/token?scope=repository:app:pull&service=x"));
            var bearer = as(strict, "Bearer " + pull);
            assertThat(bearer.get(path).body()).isEqualTo(BLOB);
            var more = bearer.send("POST", "/v2/app/blobs/uploads/", NOTHING);
            assertThat(more.header("WWW-Authenticate").orElseThrow())
                    .contains("insufficient_scope", "repository:app:pull,push");
            assertThat(bearer.get("/v2/other/blobs/" + DIGEST).status()).isEqualTo(401);
            assertThat(new RawHttp(strict.address()).get("/token").status()).isEqualTo(401);
            strict.expireTokens();
            assertThat(bearer.get(path).header("WWW-Authenticate").orElseThrow())
                    .contains("invalid_token");
        }
    }

    @Test
    void tokensAreGotByFormToo() throws IOException {
        try (var strict = TestRegistry.builder().tokenAuth("user", "secret").start()) {
            var client = new RawHttp(strict.address());
            var form =
                    "grant_type=password&username=user&password=secret&access_type=offline"
                            + "&scope=repository:app:pull";
            var reply = client.send("POST", "/token", form.getBytes(UTF_8));
            assertThat(token(reply)).isNotEmpty();
            var identity = json(reply).get("refresh_token").stringValue();
            var again = "grant_type=refresh_token&refresh_token=";
            assertThat(token(client.send("POST", "/token", (again + identity).getBytes(UTF_8))))
                    .isNotEmpty();
            assertThat(
                            token(
                                    client.send(
                                            "POST",
                                            "/token",
                                            (again + strict.issueIdentityToken()).getBytes(UTF_8))))
                    .isNotEmpty();
            for (var wrong :
                    List.of(again + "made-up", "grant_type=password&username=user&password=no")) {
                assertThat(client.send("POST", "/token", wrong.getBytes(UTF_8)).status())
                        .isEqualTo(401);
            }
            assertError(client.send("POST", "/token", NOTHING), 400, "UNSUPPORTED");
        }
    }

    @Test
    void whoeverAsksMayPullWhereThatIsAllowed() throws IOException {
        try (var open =
                TestRegistry.builder().tokenAuth("user", "secret").anonymousPull().start()) {
            open.putBlob("app", BLOB);
            var client = new RawHttp(open.address());
            var token = token(client.get("/token?scope=repository:app:pull,push"));
            var bearer = as(open, "Bearer " + token);
            assertThat(bearer.get("/v2/app/blobs/" + DIGEST).status()).isEqualTo(200);
            assertThat(bearer.send("POST", "/v2/app/blobs/uploads/", NOTHING).status())
                    .isEqualTo(401);
        }
    }

    @Test
    void tokensMayComeFromAnotherRegistry() throws IOException {
        try (var issuer = TestRegistry.builder().tokenAuth("user", "secret").start();
                var strict = TestRegistry.builder().tokenAuth(issuer).start()) {
            strict.putBlob("app", BLOB);
            var refused = new RawHttp(strict.address()).get("/v2/app/blobs/" + DIGEST);
            assertThat(refused.header("WWW-Authenticate").orElseThrow())
                    .contains("realm=\"" + issuer.uri() + "token\"");
            var token =
                    token(
                            as(issuer, basic("user", "secret"))
                                    .get("/token?scope=repository:app:pull"));
            assertThat(as(strict, "Bearer " + token).get("/v2/app/blobs/" + DIGEST).status())
                    .isEqualTo(200);
            assertThat(new RawHttp(strict.address()).get("/token").status()).isEqualTo(404);
        }
    }

    @Test
    void aReadOnlyRegistryChangesNothing() throws IOException {
        try (var fixed = TestRegistry.builder().readOnly().start()) {
            fixed.putImage("app:1", Tars.tar().file("a", "x").gzip());
            var client = new RawHttp(fixed.address());
            assertThat(client.get("/v2/app/manifests/1").status()).isEqualTo(200);
            assertError(client.delete("/v2/app/manifests/1"), 405, "UNSUPPORTED");
            assertError(client.send("POST", "/v2/app/blobs/uploads/", NOTHING), 405, "UNSUPPORTED");
            assertThat(fixed.tags("app")).containsExactly("1");
        }
    }

    @Test
    void whatItWasAskedIsKept() throws IOException {
        http.with("X-Test", "yes").get("/v2/app/tags/list?n=2");
        assertThat(registry.requests())
                .singleElement()
                .satisfies(
                        it -> {
                            assertThat(it).hasToString("GET /v2/app/tags/list?n=2 -> 404");
                            assertThat(it.path()).isEqualTo("/v2/app/tags/list");
                            assertThat(it.header("x-test")).contains("yes");
                        });
        registry.clearRequests();
        assertThat(registry.requests()).isEmpty();
    }

    @Test
    void badOptionsAreRefusedByName() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TestRegistry.builder().pageSize(0))
                .withMessageContaining("pageSize 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TestRegistry.builder().tokenLifetime(java.time.Duration.ZERO))
                .withMessageContaining("tokenLifetime");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () ->
                                TestRegistry.builder()
                                        .basicAuth("a", "b")
                                        .tokenAuth("a", "b")
                                        .start())
                .withMessageContaining("only one");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> registry.putBlob("UPPER", BLOB))
                .withMessageContaining("UPPER");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> registry.putImage("app:1", BLOB))
                .withMessageContaining("gzip");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> registry.putManifest("app", DIGEST.toString(), "x/y", NOTHING))
                .withMessageContaining("not that of the bytes");
        assertThatIllegalStateException().isThrownBy(registry::issueIdentityToken);
    }
}
