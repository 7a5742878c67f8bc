package io.pelagos.image.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pelagos.core.Pelagos;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.image.ImageOptions;
import io.pelagos.image.Images;
import io.pelagos.image.fixtures.Tars;
import io.pelagos.image.spec.BadContentException;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageException;
import io.pelagos.image.spec.ImageNotFoundException;
import io.pelagos.image.spec.MediaType;
import io.pelagos.image.spec.RegistryException;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images of a registry that fails on demand. */
class TestRegistryIT {
    private static final byte[] LAYER =
            Tars.tar().file("noise", noise(300_000)).file("etc/name", "test").gzip();

    @TempDir private Path temporary;

    private Pelagos pelagos;

    @BeforeEach
    void open() {
        pelagos = Pelagos.open(PelagosPaths.under(temporary.resolve("pelagos")));
    }

    @AfterEach
    void close() {
        pelagos.close();
    }

    /** What does not become much smaller by compression. */
    private static String noise(int length) {
        var random = new Random(7);
        var text = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            text.append((char) (' ' + random.nextInt(90)));
        }
        return text.toString();
    }

    private Images images(Map<String, String> environment) {
        return Images.open(
                pelagos,
                ImageOptions.usual()
                        .withEnvironment(environment)
                        .withAttempts(3, Duration.ofMillis(1)));
    }

    private static TestRegistry withApp() {
        var registry = TestRegistry.start();
        registry.putImage("app:1", LAYER);
        return registry;
    }

    @Test
    void aSecondPullOfTheSameTagCostsOneRequest() throws Exception {
        try (var registry = withApp();
                var images = images(Map.of())) {
            var name = registry.address() + "/app:1";
            var image = images.pull(name);
            assertThat(image.layers().getFirst().directory().resolve("etc/name"))
                    .hasContent("test");
            registry.clearRequests();
            assertThat(images.pull(name)).isEqualTo(image);
            assertThat(registry.requests()).hasSize(1);
        }
    }

    @Test
    void whatFailsForAMomentIsTriedAgain() throws Exception {
        for (var fault :
                List.of(
                        Fault.status(503),
                        Fault.status(500).path("/blobs/").times(2),
                        Fault.tooManyRequests(Duration.ZERO),
                        Fault.disconnect().path("/manifests/"),
                        Fault.cut(100_000).path("/blobs/"))) {
            try (var registry = withApp();
                    var images = images(Map.of())) {
                registry.fault(fault);
                var name = registry.address() + "/app:1";
                assertThat(images.pull(name).layers()).as(fault::toString).hasSize(1);
                images.remove(name);
                images.prune();
            }
        }
    }

    @Test
    void aBrokenBlobGoesOnWhereItBroke() throws Exception {
        try (var registry = withApp();
                var images = images(Map.of())) {
            registry.fault(Fault.cut(200_000).path(Digest.of(LAYER).hex()));
            images.pull(registry.address() + "/app:1");
            assertThat(registry.requests())
                    .anySatisfy(it -> assertThat(it.header("Range")).isPresent())
                    .anySatisfy(it -> assertThat(it.status()).isEqualTo(206));
        }
    }

    @Test
    void wrongContentIsNeverSeen() throws Exception {
        for (var fault :
                List.of(
                        Fault.wrongBytes().path("/blobs/").times(Fault.ALWAYS),
                        Fault.wrongByte(150_000).path("/blobs/").times(Fault.ALWAYS),
                        Fault.shorter(1000).path("/blobs/").times(Fault.ALWAYS),
                        Fault.longer(1000).path("/blobs/").times(Fault.ALWAYS),
                        Fault.contentType(MediaType.OCI_INDEX)
                                .path("/manifests/")
                                .times(Fault.ALWAYS))) {
            try (var registry = withApp();
                    var images = images(Map.of())) {
                registry.fault(fault);
                assertThatExceptionOfType(ImageException.class)
                        .as(fault::toString)
                        .isThrownBy(() -> images.pull(registry.address() + "/app:1"))
                        .isInstanceOfAny(BadContentException.class, RegistryException.class);
                assertNothingIsThere(images);
            }
        }
    }

    private void assertNothingIsThere(Images images) throws IOException {
        assertThat(images.list()).isEmpty();
        for (var directory : List.of("layers", "blobs", "images")) {
            try (var files = Files.list(pelagos.paths().dataDir().resolve(directory))) {
                assertThat(files).isEmpty();
            }
        }
    }

    @Test
    void itIsNotSentOnToAFile() throws Exception {
        try (var registry = withApp();
                var images = images(Map.of())) {
            registry.fault(
                    Fault.redirect(302, URI.create("file:///etc/passwd"))
                            .path("/blobs/")
                            .times(Fault.ALWAYS));
            assertThatExceptionOfType(RegistryException.class)
                    .isThrownBy(() -> images.pull(registry.address() + "/app:1"))
                    .withMessageContaining("file:");
            assertNothingIsThere(images);
        }
    }

    @Test
    void whoAsksIsToldToNobodyElse() throws Exception {
        try (var other = TestRegistry.start();
                var registry = TestRegistry.builder().basicAuth("user", "secret").start();
                var images =
                        images(
                                Map.of(
                                        "PELAGOS_REGISTRY_USER", "user",
                                        "PELAGOS_REGISTRY_PASS", "secret"))) {
            registry.putImage("app:1", LAYER);
            other.putImage("app:1", LAYER);
            registry.fault(Fault.redirect(307, other).path("/blobs/").times(Fault.ALWAYS));
            images.pull(registry.address() + "/app:1");
            assertThat(registry.requests())
                    .anySatisfy(it -> assertThat(it.header("Authorization")).isPresent());
            assertThat(other.requests())
                    .isNotEmpty()
                    .allSatisfy(it -> assertThat(it.header("Authorization")).isEmpty());
        }
    }

    @Test
    void tokensAreHadAndHadAgain() throws Exception {
        try (var registry = TestRegistry.builder().tokenAuth("user", "secret").start()) {
            registry.putImage("app:1", LAYER);
            try (var nobody = images(Map.of())) {
                assertThatExceptionOfType(ImageException.class)
                        .isThrownBy(() -> nobody.pull(registry.address() + "/app:1"))
                        .isInstanceOfAny(RegistryException.class, ImageNotFoundException.class)
                        .satisfies(it -> assertThat(it.getMessage()).doesNotContain("secret"));
            }
            try (var images =
                    images(
                            Map.of(
                                    "PELAGOS_REGISTRY_USER", "user",
                                    "PELAGOS_REGISTRY_PASS", "secret"))) {
                var name = registry.address() + "/app:1";
                var image = images.pull(name);
                registry.expireTokens();
                assertThat(images.pull(name)).isEqualTo(image);
                images.tag(name, registry.address() + "/copy:1");
                images.push(registry.address() + "/copy:1");
                assertThat(registry.tags("copy")).containsExactly("1");
            }
        }
    }

    @Test
    void pagesWithoutAnEndHaveOne() {
        try (var registry = withApp();
                var images = images(Map.of())) {
            registry.fault(Fault.endlessPages().times(Fault.ALWAYS));
            assertThatExceptionOfType(RegistryException.class)
                    .isThrownBy(() -> images.tags(registry.address() + "/app"));
        }
    }

    private void skopeo(String... arguments) throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/skopeo")), "skopeo is not installed");
        var command = new ArrayList<>(List.of("skopeo", "--insecure-policy"));
        command.addAll(List.of(arguments));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
    }

    @Test
    void otherToolsPullAndPush() throws Exception {
        try (var registry = withApp();
                var images = images(Map.of())) {
            skopeo(
                    "copy",
                    "--src-tls-verify=false",
                    "--dest-tls-verify=false",
                    "docker://" + registry.address() + "/app:1",
                    "docker://" + registry.address() + "/theirs:2");
            assertThat(registry.tags("theirs")).containsExactly("2");
            var ours = images.pull(registry.address() + "/app:1");
            assertThat(images.pull(registry.address() + "/theirs:2").digest())
                    .isEqualTo(ours.digest());
        }
    }
}
