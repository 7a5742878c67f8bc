package io.pelagos.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.github.luben.zstd.Zstd;
import io.pelagos.image.fixtures.Noise;
import io.pelagos.image.fixtures.Tars;
import io.pelagos.image.fixtures.WithRegistry;
import io.pelagos.image.spec.BadContentException;
import io.pelagos.image.spec.Descriptor;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageConfig;
import io.pelagos.image.spec.ImageException;
import io.pelagos.image.spec.ImageIndex;
import io.pelagos.image.spec.ImageManifest;
import io.pelagos.image.spec.ImageNotFoundException;
import io.pelagos.image.spec.MediaType;
import io.pelagos.image.spec.Platform;
import io.pelagos.image.spec.RegistryException;
import io.pelagos.image.testing.Fault;
import io.pelagos.image.testing.TestRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/** Images that somebody has made to do harm: each is refused, and leaves nothing in the store. */
class BadInputIT extends WithRegistry {
    private static final byte[] TAR =
            Tars.tar().file("etc/name", "app").file("noise", Noise.of(200_000, 3)).bytes();
    private static final byte[] LAYER = Tars.gzip(TAR);

    private void assertNothingIsThere() throws IOException {
        assertThat(images.list()).isEmpty();
        for (var directory : List.of("layers", "blobs", "images")) {
            try (var files = Files.list(pelagos.paths().dataDir().resolve(directory))) {
                assertThat(files).isEmpty();
            }
        }
    }

    /** Puts an image that says of its layer what the test wants. */
    private void put(byte[] blob, Digest diffId) {
        put(Descriptor.of(MediaType.OCI_LAYER_GZIP, Digest.of(blob), blob.length), blob, diffId);
    }

    private void put(Descriptor layer, byte[] blob, Digest diffId) {
        registry.putBlob("app", blob);
        var config =
                new ImageConfig(
                                Platform.current(),
                                null,
                                null,
                                ImageConfig.Execution.NONE,
                                List.of(diffId),
                                List.of())
                        .toJson();
        registry.putBlob("app", config);
        var manifest =
                ImageManifest.of(
                                Descriptor.of(
                                        MediaType.OCI_CONFIG, Digest.of(config), config.length),
                                List.of(layer))
                        .toJson();
        registry.putManifest("app", "1", MediaType.OCI_MANIFEST, manifest);
    }

    private ImageException assertRefused(Class<? extends ImageException> type, String... said)
            throws IOException {
        var thrown = new ArrayList<ImageException>();
        assertThatExceptionOfType(type)
                .isThrownBy(() -> images.pull(name("app:1")))
                .satisfies(thrown::add)
                .satisfies(it -> assertThat(it.getMessage()).contains(said));
        assertNothingIsThere();
        return thrown.getFirst();
    }

    @Test
    void aBlobThatIsShorterThanTheManifestSays() throws Exception {
        var digest = Digest.of(LAYER);
        put(
                Descriptor.of(MediaType.OCI_LAYER_GZIP, digest, LAYER.length + 10),
                LAYER,
                Digest.of(TAR));
        assertRefused(BadContentException.class, digest.toString(), "instead of");
    }

    @Test
    void aBlobThatIsLongerThanTheManifestSays() throws Exception {
        var digest = Digest.of(LAYER);
        put(
                Descriptor.of(MediaType.OCI_LAYER_GZIP, digest, LAYER.length - 10),
                LAYER,
                Digest.of(TAR));
        assertRefused(BadContentException.class, digest.toString(), "instead of");
    }

    @Test
    void aBlobOfOtherContent() throws Exception {
        put(LAYER, Digest.of(TAR));
        registry.fault(Fault.wrongByte(100_000).path(Digest.of(LAYER).hex()).times(Fault.ALWAYS));
        assertRefused(ImageException.class, Digest.of(LAYER).toString());
    }

    @Test
    void aLayerThatEndsInItsMiddle() throws Exception {
        var cut = Arrays.copyOf(LAYER, LAYER.length / 2);
        put(cut, Digest.of(TAR));
        assertRefused(BadContentException.class, "ends before its time");
        var tar = Arrays.copyOf(TAR, 2000);
        put(Tars.gzip(tar), Digest.of(tar));
        assertRefused(BadContentException.class, "ends within a file");
    }

    @Test
    void somethingThatFollowsTheEnd() throws Exception {
        var followed = Arrays.copyOf(LAYER, LAYER.length + 5);
        followed[LAYER.length + 4] = 7;
        put(followed, Digest.of(TAR));
        assertRefused(BadContentException.class, "something follows its end");
        var tar = Arrays.copyOf(TAR, TAR.length + 512);
        tar[TAR.length + 5] = 1;
        put(Tars.gzip(tar), Digest.of(tar));
        assertRefused(BadContentException.class, "something follows the end of the archive");
    }

    /** Zeros, of which gzip makes a thousandth and zstd less than that. */
    private static byte[] zeros(boolean zstd) throws IOException {
        var bytes = new ByteArrayOutputStream();
        var zeros = new byte[1 << 20];
        try (OutputStream out =
                zstd
                        ? new com.github.luben.zstd.ZstdOutputStream(bytes)
                        : new GZIPOutputStream(bytes)) {
            var header = Tars.tar().file("zeros", "").bytes();
            out.write(withSize(Arrays.copyOf(header, 512), 400L << 20));
            for (int i = 0; i < 400; i++) {
                out.write(zeros);
            }
            out.write(new byte[1024]);
        }
        return bytes.toByteArray();
    }

    private static byte[] withSize(byte[] header, long size) {
        var octal = String.format("%011o\0", size).getBytes(UTF_8);
        System.arraycopy(octal, 0, header, 124, octal.length);
        Arrays.fill(header, 148, 156, (byte) ' ');
        int sum = 0;
        for (byte b : header) {
            sum += b & 0xff;
        }
        System.arraycopy(String.format("%06o\0 ", sum).getBytes(UTF_8), 0, header, 148, 8);
        return header;
    }

    @Test
    void aBombOfGzipAndOneOfZstd() throws Exception {
        for (var zstd : List.of(false, true)) {
            var bomb = zeros(zstd);
            assertThat(bomb.length).isLessThan(1 << 20);
            put(bomb, Digest.of(TAR));
            assertRefused(BadContentException.class, "limit: ratio");
        }
    }

    @Test
    void aZstdFrameThatWantsTwoGigabytesOfWindow() throws Exception {
        // Magic, a descriptor without a content size, and the window (RFC 8878, 3.1.1.1.2).
        var frame =
                new byte[] {
                    0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 0x00, (byte) ((31 - 10) << 3), 1, 0, 0
                };
        put(frame, Digest.of(TAR));
        assertRefused(BadContentException.class, "too much memory");
    }

    /** What is in it is looked at as an archive, never decompressed a second time. */
    @Test
    void whatIsCompressedTwice() throws Exception {
        for (var inner : List.of(LAYER, Zstd.compress(TAR), zeros(false))) {
            put(Tars.gzip(inner), Digest.of(inner));
            assertRefused(BadContentException.class, "a header's checksum is");
        }
    }

    @Test
    void anExtendedHeaderOfAGigabyte() throws Exception {
        var tar = Tars.tar().file("a", "", Map.of("comment", "x")).bytes();
        System.arraycopy(withSize(Arrays.copyOf(tar, 512), 1L << 30), 0, tar, 0, 512);
        put(Tars.gzip(tar), Digest.of(tar));
        assertRefused(BadContentException.class, "limit: header");
    }

    @Test
    void namesThatLeadElsewhere() throws Exception {
        for (var hostile : List.of("../../escaped", "a/../../escaped", "/../escaped", "..")) {
            var tar = Tars.tar().file(hostile, "x").bytes();
            put(Tars.gzip(tar), Digest.of(tar));
            assertRefused(BadContentException.class, "leads out of the layer");
        }
        var tar = Tars.tar().symlink("up", "../../..").file("up/escaped", "x").bytes();
        put(Tars.gzip(tar), Digest.of(tar));
        var layer = images.pull(name("app:1")).layers().getFirst();
        assertThat(layer.directory().resolve("escaped")).hasContent("x");
        try (var all = Files.walk(temporary)) {
            assertThat(all.filter(it -> it.endsWith("escaped"))).hasSize(1);
        }
    }

    /** The store writes a file of its own into each layer. */
    @Test
    void aLinkWhereTheStoreWritesItsMark() throws Exception {
        var victim = Files.writeString(temporary.resolve("victim"), "untouched");
        for (var tar :
                List.of(
                        Tars.tar().symlink(".pelagos_complete", victim.toString()).bytes(),
                        Tars.tar().file(".pelagos_complete/x", "y").bytes(),
                        Tars.tar()
                                .symlink("here", ".")
                                .symlink("here/.pelagos_complete", victim.toString())
                                .bytes())) {
            put(Tars.gzip(tar), Digest.of(tar));
            var layer = images.pull(name("app:1")).layers().getFirst();
            assertThat(victim).hasContent("untouched");
            assertThat(layer.directory().resolve(".pelagos_complete"))
                    .isRegularFile()
                    .content()
                    .matches("[0-9]+");
            assertThat(Files.isSymbolicLink(layer.directory().resolve(".pelagos_complete")))
                    .isFalse();
        }
    }

    /** Documents as text, because our own classes cannot write them. */
    private void putRaw(String layer) {
        var config = "{\"os\":\"linux\"}".getBytes(UTF_8);
        registry.putBlob("app", config);
        var manifest =
                """
                {"schemaVersion": 2, "mediaType": "%s",
                 "config": {"mediaType": "%s", "digest": "%s", "size": %d},
                 "layers": [%s]}
                """
                        .formatted(
                                MediaType.OCI_MANIFEST,
                                MediaType.OCI_CONFIG,
                                Digest.of(config),
                                config.length,
                                layer);
        registry.putManifest("app", "1", MediaType.OCI_MANIFEST, manifest.getBytes(UTF_8));
    }

    @Test
    void aDigestThatIsAPath() throws Exception {
        for (var hostile :
                List.of(
                        "sha256:../../x",
                        "sha256:" + "/".repeat(64),
                        "sha256:" + ".".repeat(64),
                        "../../x:" + "a".repeat(64),
                        "sha256:" + "A".repeat(64),
                        "sha256")) {
            putRaw(
                    "{\"mediaType\": \"%s\", \"digest\": \"%s\", \"size\": 1}"
                            .formatted(MediaType.OCI_LAYER_GZIP, hostile));
            assertRefused(BadContentException.class, hostile);
        }
        try (var all = Files.walk(temporary)) {
            assertThat(all).noneMatch(it -> it.endsWith("x"));
        }
    }

    @Test
    void aDigestOfAnotherKindThanTheStoreHas() throws Exception {
        var digest =
                Digest.of(
                        "sha512", java.security.MessageDigest.getInstance("SHA-512").digest(LAYER));
        put(Descriptor.of(MediaType.OCI_LAYER_GZIP, digest, LAYER.length), LAYER, Digest.of(TAR));
        assertRefused(BadContentException.class, digest.toString(), "SHA-256");
    }

    @Test
    void aSizeThatIsNone() throws Exception {
        for (var size : List.of("-1", "1e30", "\"1\"", "9223372036854775808")) {
            putRaw(
                    "{\"mediaType\": \"%s\", \"digest\": \"%s\", \"size\": %s}"
                            .formatted(MediaType.OCI_LAYER_GZIP, Digest.of(LAYER), size));
            assertRefused(BadContentException.class, "size");
        }
    }

    /** Nobody is asked but the registry, and its mirrors: an image must not choose whom we ask. */
    @Test
    void aLayerThatIsSaidToLieElsewhere() throws Exception {
        try (var elsewhere = TestRegistry.start()) {
            elsewhere.putBlob("app", LAYER);
            var url = elsewhere.uri() + "v2/app/blobs/" + Digest.of(LAYER);
            for (var hostile : List.of(url, "file:///etc/passwd", "http://[::1]:1/")) {
                var layer =
                        Descriptor.parse(
                                "{\"mediaType\": \"%s\", \"digest\": \"%s\", \"size\": %d, \"urls\": [\"%s\"]}"
                                        .formatted(
                                                "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
                                                Digest.of(LAYER),
                                                LAYER.length,
                                                hostile)
                                        .getBytes(UTF_8));
                put(layer, new byte[] {1}, Digest.of(TAR));
                assertRefused(ImageException.class, Digest.of(LAYER).toString());
                assertThat(elsewhere.requests()).isEmpty();
            }
        }
    }

    @Test
    void aRedirectToAFile() throws Exception {
        put(LAYER, Digest.of(TAR));
        for (var place : List.of("/manifests/", "/blobs/")) {
            registry.clearFaults();
            registry.fault(
                    Fault.redirect(307, URI.create("file:///etc/passwd"))
                            .path(place)
                            .times(Fault.ALWAYS));
            assertRefused(RegistryException.class, "file:");
        }
    }

    @Test
    void tokensWhoseTimeIsOver() throws Exception {
        try (var strict = TestRegistry.builder().tokenAuth("user", "secret").start();
                var other =
                        Images.open(
                                pelagos,
                                OPTIONS.withEnvironment(
                                        Map.of(
                                                "PELAGOS_REGISTRY_USER", "user",
                                                "PELAGOS_REGISTRY_PASS", "secret")))) {
            strict.putImage("app:1", LAYER);
            strict.putImage("app:2", LAYER, Tars.tar().file("more", "x").gzip());
            var name = strict.address() + "/app:";
            other.pull(name + "1");
            strict.expireTokens();
            assertThat(other.pull(name + "2").layers()).hasSize(2);
            // One that is refused even when it is new is not asked for without end.
            strict.fault(
                    Fault.status(401)
                            .withHeader(
                                    "WWW-Authenticate",
                                    "Bearer realm=\"" + strict.uri() + "token\",service=\"x\"")
                            .path("/v2/")
                            .times(Fault.ALWAYS)
                            .beforeAuthorization());
            strict.clearRequests();
            assertThatExceptionOfType(ImageException.class)
                    .isThrownBy(() -> other.pull(name + "1"))
                    .satisfies(it -> assertThat(it.getMessage()).doesNotContain("secret"));
            assertThat(strict.requests()).hasSizeLessThan(10);
        }
    }

    @Test
    void indexesWithinIndexesWithoutEnd() throws Exception {
        var inner = ImageIndex.of(List.of()).toJson();
        for (int i = 0; i < 20; i++) {
            var digest =
                    registry.putManifest(
                            "app", Digest.of(inner).toString(), MediaType.OCI_INDEX, inner);
            inner =
                    ImageIndex.of(
                                    List.of(
                                            Descriptor.of(MediaType.OCI_INDEX, digest, inner.length)
                                                    .forPlatform(Platform.current())))
                            .toJson();
        }
        registry.putManifest("app", "1", MediaType.OCI_INDEX, inner);
        assertRefused(BadContentException.class, "indexes within each other");
    }

    /** An image for another machine is unpacked like any other; only nobody here runs it. */
    @Test
    void bothPlatformsOfAnIndexCanBeHad() throws Exception {
        var descriptors = new ArrayList<Descriptor>();
        for (var architecture : List.of("amd64", "arm64")) {
            var layer = Tars.tar().file("etc/arch", architecture).file("bin/x", "\177ELF").gzip();
            var digest =
                    registry.putImage(
                            "multi:" + architecture,
                            "{\"os\":\"linux\",\"architecture\":\"" + architecture + "\"}",
                            List.of(layer));
            descriptors.add(
                    Descriptor.of(
                                    MediaType.OCI_MANIFEST,
                                    digest,
                                    registry.manifest("multi", architecture).orElseThrow().length)
                            .forPlatform(Platform.parse("linux/" + architecture)));
        }
        registry.putManifest(
                "multi", "1", MediaType.OCI_INDEX, ImageIndex.of(descriptors).toJson());
        for (var architecture : List.of("arm64", "amd64", "arm64")) {
            var platform = Platform.parse("linux/" + architecture);
            var image = images.pull(name("multi:1"), PullOptions.usual().forPlatform(platform));
            assertThat(image.config().platform().architecture()).isEqualTo(architecture);
            assertThat(image.layers().getFirst().directory().resolve("etc/arch"))
                    .hasContent(architecture);
        }
        assertThatExceptionOfType(ImageNotFoundException.class)
                .isThrownBy(
                        () ->
                                images.pull(
                                        name("multi:1"),
                                        PullOptions.usual()
                                                .forPlatform(Platform.parse("linux/s390x"))))
                .withMessageContaining("linux/amd64, linux/arm64");
    }
}
