package io.pelagos.image.internal.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageNotFoundException;
import io.pelagos.image.spec.ImageReference;
import io.pelagos.image.spec.MediaType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** With the registry of the distribution project, as Debian ships it. */
@Timeout(120)
class DebianRegistryIT {
    private static final Path PROGRAM = Path.of("/usr/bin/docker-registry");

    @TempDir Path directory;
    private Process registry;
    private RegistryClient client;
    private String host;

    @BeforeEach
    void start() throws IOException {
        assumeTrue(Files.isExecutable(PROGRAM), "no docker-registry on this host");
        int port;
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        host = "127.0.0.1:" + port;
        var file = directory.resolve("config.yml");
        Files.writeString(
                file,
                """
                version: 0.1
                log: {level: error}
                storage:
                  filesystem: {rootdirectory: %s}
                  delete: {enabled: true}
                http: {addr: %s}
                """
                        .formatted(directory.resolve("data"), host));
        registry =
                new ProcessBuilder(PROGRAM.toString(), "serve", file.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(directory.resolve("log").toFile())
                        .start();
        // It takes a moment to listen: the first request is tried until it does.
        client =
                new RegistryClient(
                        RegistryOptions.usual()
                                .withTls(TlsFiles.NONE)
                                .withBackoff(
                                        new Backoff(
                                                9, Duration.ofMillis(20), Duration.ofSeconds(2))),
                        CredentialSources.none(),
                        MirrorRules.none());
        client.ping(host);
    }

    @AfterEach
    void stop() throws InterruptedException {
        if (client != null) {
            client.close();
        }
        if (registry != null) {
            registry.destroyForcibly().waitFor();
        }
    }

    private Push.Outcome push(String path, byte[] content, Push how) {
        return client.pushBlob(
                new Repository(host, path),
                Digest.of(content),
                content.length,
                () -> new ByteArrayInputStream(content),
                how);
    }

    @Test
    void blobsGoThereInEveryWayAndComeBack() throws IOException {
        var content = new byte[1_000_000];
        new Random(2).nextBytes(content);
        var other = new byte[1_000_000];
        new Random(3).nextBytes(other);

        assertThat(push("a/b", content, Push.WHOLE)).isEqualTo(Push.Outcome.UPLOADED);
        assertThat(push("a/b", content, Push.WHOLE)).isEqualTo(Push.Outcome.EXISTED);
        assertThat(push("c", content, new Push(List.of("a/b"), 0))).isEqualTo(Push.Outcome.MOUNTED);
        assertThat(push("c", other, new Push(List.of("a/b"), 300_000)))
                .isEqualTo(Push.Outcome.UPLOADED);
        for (var each : List.of(content, other)) {
            try (var in = client.blob(new Repository(host, "c"), Digest.of(each), each.length)) {
                assertThat(in.readAllBytes()).isEqualTo(each);
            }
        }
    }

    @Test
    void aManifestIsPushedListedResolvedAndDeleted() {
        var config = "{}".getBytes(StandardCharsets.UTF_8);
        push("app", config, Push.WHOLE);
        var text =
                """
                {"schemaVersion":2,"mediaType":"%s","config":{"mediaType":"%s","digest":"%s",\
                "size":2},"layers":[]}"""
                        .formatted(MediaType.OCI_MANIFEST, MediaType.OCI_CONFIG, Digest.of(config));
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        var repository = new Repository(host, "app");
        var reference = ImageReference.parse(host + "/app:1");

        var digest = client.pushManifest(repository, "1", MediaType.OCI_MANIFEST, bytes);

        assertThat(client.tags(repository)).containsExactly("1");
        assertThat(client.catalog(host)).containsExactly("app");
        assertThat(client.resolve(reference))
                .isEqualTo(new Resolved(digest, MediaType.OCI_MANIFEST, bytes.length));
        assertThat(client.manifest(reference.withDigest(digest)).content().utf8()).isEqualTo(text);
        assertThat(client.referrers(repository, digest, Optional.empty())).isEmpty();

        client.deleteManifest(repository, digest.toString());
        client.deleteBlob(repository, Digest.of(config));

        assertThatThrownBy(() -> client.manifest(reference))
                .isInstanceOf(ImageNotFoundException.class)
                .hasMessageContaining("MANIFEST_UNKNOWN");
        assertThat(client.exists(repository, Digest.of(config))).isFalse();
    }
}
