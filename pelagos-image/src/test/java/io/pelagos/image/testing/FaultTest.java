package io.pelagos.image.testing;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.pelagos.image.fixtures.RawHttp;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.MediaType;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the registry for tests does wrong when it is told to. */
class FaultTest {
    private static final byte[] BLOB = "0123456789".getBytes(US_ASCII);
    private static final Digest DIGEST = Digest.of(BLOB);
    private static final String PATH = "/v2/app/blobs/" + DIGEST;

    private TestRegistry registry;
    private RawHttp http;

    @BeforeEach
    void start() {
        registry = TestRegistry.start();
        registry.putBlob("app", BLOB);
        http = new RawHttp(registry.address());
    }

    @AfterEach
    void stop() {
        registry.close();
    }

    private RawHttp.Reply hitBy(Fault fault) throws IOException {
        registry.clearFaults();
        registry.fault(fault);
        return http.get(PATH);
    }

    private void assertHealthy() throws IOException {
        var reply = http.get(PATH);
        assertThat(reply.status()).isEqualTo(200);
        assertThat(reply.body()).isEqualTo(BLOB);
    }

    @Test
    void itAnswersWithErrors() throws IOException {
        for (int status : List.of(401, 404, 429, 500, 503)) {
            assertThat(hitBy(Fault.status(status)).status()).isEqualTo(status);
            assertHealthy();
        }
        var busy = hitBy(Fault.tooManyRequests(Duration.ofSeconds(7)));
        assertThat(busy.status()).isEqualTo(429);
        assertThat(busy.header("Retry-After")).contains("7");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Fault.status(200))
                .withMessageContaining("status 200");
    }

    @Test
    void itSendsClientsElsewhere() throws IOException {
        for (int status : List.of(301, 302, 303, 307, 308)) {
            var reply = hitBy(Fault.redirect(status, URI.create("file:///etc/passwd")));
            assertThat(reply.status()).isEqualTo(status);
            assertThat(reply.header("Location")).contains("file:///etc/passwd");
        }
        try (var other = TestRegistry.start()) {
            registry.fault(Fault.redirect(307, other));
            assertThat(http.get(PATH + "?a=b").header("Location"))
                    .contains(other.uri() + PATH.substring(1) + "?a=b");
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Fault.redirect(304, URI.create("x:y")))
                .withMessageContaining("304");
    }

    @Test
    void itBreaksConnections() throws IOException {
        var none = hitBy(Fault.disconnect());
        assertThat(none.status()).isZero();
        assertThat(registry.requests().getLast().status()).isZero();
        assertHealthy();
        for (int count : List.of(0, 4)) {
            var cut = hitBy(Fault.cut(count));
            assertThat(cut.status()).isEqualTo(200);
            assertThat(cut.header("Content-Length")).contains("10");
            assertThat(cut.whole()).isFalse();
            assertThat(cut.body()).isEqualTo(Arrays.copyOf(BLOB, count));
            assertHealthy();
        }
        assertThat(hitBy(Fault.cut(100)).whole()).isTrue();
        assertThatIllegalArgumentException().isThrownBy(() -> Fault.cut(-1));
    }

    @Test
    void itBreaksUploadsAndKeepsWhatCame() throws IOException {
        var at =
                http.send("POST", "/v2/app/blobs/uploads/", new byte[0])
                        .header("Location")
                        .orElseThrow();
        registry.fault(Fault.cutRequest(4));
        assertThat(http.send("PATCH", at, BLOB).status()).isZero();
        var state = http.get(at);
        assertThat(state.status()).isEqualTo(204);
        assertThat(state.header("Range")).contains("0-3");
        var rest = Arrays.copyOfRange(BLOB, 4, 10);
        var next = state.header("Location").orElseThrow();
        assertThat(http.send("PATCH", next, rest).header("Range")).contains("0-9");
        assertThat(http.send("PUT", at + "&digest=" + DIGEST, new byte[0]).status()).isEqualTo(201);
    }

    @Test
    void itSendsWrongContent() throws IOException {
        assertThat(hitBy(Fault.wrongBytes()).body())
                .hasSize(10)
                .startsWith("012345678".getBytes(US_ASCII))
                .isNotEqualTo(BLOB);
        var wrong = hitBy(Fault.wrongByte(3)).body();
        assertThat(wrong[3]).isNotEqualTo(BLOB[3]);
        wrong[3] = BLOB[3];
        assertThat(wrong).isEqualTo(BLOB);
        var shorter = hitBy(Fault.shorter(3));
        assertThat(shorter.whole()).isTrue();
        assertThat(shorter.text()).isEqualTo("0123456");
        assertThat(hitBy(Fault.shorter(100)).body()).isEmpty();
        var longer = hitBy(Fault.longer(3));
        assertThat(longer.whole()).isTrue();
        assertThat(longer.body()).isEqualTo(Arrays.copyOf(BLOB, 13));
        assertHealthy();
    }

    @Test
    void wrongContentIsWrongInPartsToo() throws IOException {
        registry.fault(Fault.wrongByte(1));
        var reply = new RawHttp(registry.address()).with("Range", "bytes=5-").get(PATH);
        assertThat(reply.status()).isEqualTo(206);
        assertThat(reply.body()).hasSize(5);
        assertThat(reply.body()[0]).isEqualTo(BLOB[5]);
        assertThat(reply.body()[1]).isNotEqualTo(BLOB[6]);
    }

    @Test
    void itSaysOtherThingsThanItSends() throws IOException {
        var chunked = hitBy(Fault.withoutLength());
        assertThat(chunked.header("Content-Length")).isEmpty();
        assertThat(chunked.body()).isEqualTo(BLOB);
        assertThat(hitBy(Fault.contentType(MediaType.OCI_INDEX)).header("Content-Type"))
                .contains(MediaType.OCI_INDEX);
        var other = Digest.of(new byte[0]);
        assertThat(hitBy(Fault.contentDigest(other)).header("Docker-Content-Digest"))
                .contains(other.toString());
    }

    @Test
    void itIsSlow() throws IOException {
        var reply = hitBy(Fault.slow(1000));
        assertThat(reply.whole()).isTrue();
        assertThat(reply.body()).isEqualTo(BLOB);
        assertThatIllegalArgumentException().isThrownBy(() -> Fault.slow(0));
    }

    /** Only its end ends the answer, which a client without a time limit waits for. */
    @Test
    void itStallsUntilItIsClosed() throws Exception {
        registry.fault(Fault.stall(4));
        var reply = new AtomicReference<RawHttp.Reply>();
        var client =
                Thread.ofVirtual()
                        .start(
                                () -> {
                                    try {
                                        reply.set(http.get(PATH));
                                    } catch (IOException e) {
                                        throw new java.io.UncheckedIOException(e);
                                    }
                                });
        while (registry.requests().isEmpty()) {
            Thread.onSpinWait();
        }
        assertHealthy();
        registry.close();
        client.join();
        assertThat(reply.get().whole()).isFalse();
        assertThat(reply.get().text()).isEqualTo("0123");
    }

    @Test
    void itHasPagesWithoutAnEnd() throws IOException {
        registry.putManifest("app", "v1", MediaType.OCI_INDEX, BLOB);
        registry.fault(Fault.endlessPages());
        for (int i = 0; i < 3; i++) {
            assertThat(http.get("/v2/app/tags/list?n=1").header("Link"))
                    .contains("</v2/app/tags/list?n=1>; rel=\"next\"");
        }
        assertThat(http.get(PATH).header("Link")).isEmpty();
        registry.clearFaults();
        assertThat(http.get("/v2/app/tags/list?n=1").header("Link")).isEmpty();
    }

    @Test
    void itHitsWhatItIsToldTo() throws IOException {
        registry.fault(Fault.status(500).on("HEAD").path("/blobs/").after(1).times(2));
        assertThat(http.get(PATH).status()).isEqualTo(200);
        assertThat(http.head("/v2/").status()).isEqualTo(200);
        assertThat(List.of(status(), status(), status(), status()))
                .containsExactly(200, 500, 500, 200);
        registry.fault(Fault.status(500).on("HEAD").times(Fault.ALWAYS));
        assertThat(List.of(status(), status(), status())).containsOnly(500);
        assertThatIllegalArgumentException().isThrownBy(() -> Fault.status(500).times(0));
        assertThatIllegalArgumentException().isThrownBy(() -> Fault.status(500).after(-1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Fault.status(500).path("("))
                .withMessageContaining("path \"(\"");
    }

    private int status() throws IOException {
        return http.head(PATH).status();
    }

    @Test
    void oneRequestIsHitByOneFault() throws IOException {
        registry.fault(Fault.status(503)).fault(Fault.status(429));
        assertThat(List.of(status(), status(), status())).containsExactly(503, 429, 200);
    }

    @Test
    void faultsWaitForCredentialsUnlessTheyAreToldNotTo() throws IOException {
        try (var strict = TestRegistry.builder().basicAuth("user", "secret").start()) {
            var client = new RawHttp(strict.address());
            strict.fault(Fault.status(503));
            assertThat(client.get("/v2/").status()).isEqualTo(401);
            strict.fault(Fault.status(500).beforeAuthorization());
            assertThat(client.get("/v2/").status()).isEqualTo(500);
            client.with("Authorization", "Basic dXNlcjpzZWNyZXQ=");
            assertThat(client.get("/v2/").status()).isEqualTo(503);
            assertThat(client.get("/v2/").status()).isEqualTo(200);
        }
    }

    @Test
    void headersAreAddedWhereThereIsAnAnswer() throws IOException {
        assertThat(hitBy(Fault.status(401).withHeader("X-Test", "a")).header("X-Test"))
                .contains("a");
        assertThat(hitBy(Fault.wrongBytes().withHeader("X-Test", "b")).header("X-Test"))
                .contains("b");
        assertThatIllegalStateException()
                .isThrownBy(() -> Fault.disconnect().withHeader("X-Test", "c"))
                .withMessageContaining("disconnect");
        assertThat(Fault.cut(1000)).hasToString("cut after 1000");
    }
}
