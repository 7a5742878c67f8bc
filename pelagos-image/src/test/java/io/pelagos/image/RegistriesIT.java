package io.pelagos.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.pelagos.image.fixtures.DockerRegistry;
import io.pelagos.image.fixtures.Tars;
import io.pelagos.image.fixtures.WithRegistry;
import io.pelagos.image.spec.Descriptor;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageException;
import io.pelagos.image.spec.ImageIndex;
import io.pelagos.image.spec.ImageManifest;
import io.pelagos.image.spec.ImageNotFoundException;
import io.pelagos.image.spec.MediaType;
import io.pelagos.image.spec.Platform;
import io.pelagos.image.testing.Fault;
import io.pelagos.image.testing.TestRegistry;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What registries have, and images that go from one to another. */
class RegistriesIT extends WithRegistry {
    private static final byte[] ONE = Tars.tar().file("a", "1").gzip();
    private static final byte[] TWO = Tars.tar().file("b", "2").gzip();

    /** Puts an index with an image for this machine and one for another. */
    private Digest putIndex(String repository, String tag) {
        var own = member(repository, "{}", ONE, Platform.current());
        var other =
                member(
                        repository,
                        "{\"os\": \"linux\", \"architecture\": \"riscv64\"}",
                        TWO,
                        Platform.parse("linux/riscv64"));
        var index = ImageIndex.of(List.of(own, other)).toJson();
        return registry.putManifest(repository, tag, MediaType.OCI_INDEX, index);
    }

    private Descriptor member(String repository, String config, byte[] layer, Platform platform) {
        var digest =
                registry.putImage(repository + ":" + layer.length + "x", config, List.of(layer));
        var bytes = registry.manifest(repository, digest.toString()).orElseThrow();
        return Descriptor.of(MediaType.OCI_MANIFEST, digest, bytes.length).forPlatform(platform);
    }

    @Test
    void aRegistryTellsWhatItHas() {
        var digest = registry.putImage("shop/app:1", ONE);
        registry.putImage("shop/app:2", ONE);
        var there = images.registry(registry.address());
        there.ping();
        assertThat(there.catalog()).containsExactly("shop/app");
        assertThat(there.tags("shop/app")).containsExactly("1", "2");
        assertThat(images.tags(name("shop/app"))).containsExactly("1", "2");
        assertThat(there.resolve("shop/app", "1")).isEqualTo(digest);
        for (var by : List.of("1", digest.toString())) {
            var manifest = there.manifest("shop/app", by);
            assertThat(manifest.digest()).isEqualTo(digest);
            assertThat(manifest.mediaType()).isEqualTo(MediaType.OCI_MANIFEST);
            assertThat(digest.matches(manifest.content().toArray())).isTrue();
            assertThat(manifest.document()).isInstanceOf(ImageManifest.class);
        }
    }

    @Test
    void aBlobIsReadAndChecked() throws Exception {
        registry.putImage("app:1", ONE);
        var there = images.registry(registry.address());
        var layer = ((ImageManifest) there.manifest("app", "1").document()).layers().getFirst();
        try (var in = there.blob("app", layer)) {
            assertThat(in.readAllBytes()).isEqualTo(ONE);
        }
        registry.fault(Fault.wrongByte(3).path("/blobs/").times(Fault.ALWAYS));
        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(
                        () -> {
                            try (var in = there.blob("app", layer)) {
                                in.readAllBytes();
                            }
                        });
    }

    @Test
    void whatRefersToAnImageIsListed() {
        var subject = registry.putImage("app:1", ONE);
        var size = registry.manifest("app", "1").orElseThrow().length;
        var config = registry.putBlob("{}".getBytes(UTF_8));
        var signature =
                """
                {"schemaVersion": 2,
                 "mediaType": "application/vnd.oci.image.manifest.v1+json",
                 "artifactType": "application/vnd.example.signature",
                 "config": {"mediaType": "application/vnd.oci.empty.v1+json",
                            "digest": "%s", "size": 2},
                 "layers": [{"mediaType": "application/vnd.example.signature.blob",
                              "digest": "%s", "size": 2}],
                 "subject": {"mediaType": "application/vnd.oci.image.manifest.v1+json",
                             "digest": "%s", "size": %d},
                 "annotations": {"by": "somebody"}}
                """
                        .formatted(config, config, subject, size)
                        .getBytes(UTF_8);
        var digest =
                registry.putManifest(
                        "app", Digest.of(signature).toString(), MediaType.OCI_MANIFEST, signature);
        var there = images.registry(registry.address());
        assertThat(there.referrers("app", subject))
                .singleElement()
                .satisfies(
                        it -> {
                            assertThat(it.digest()).isEqualTo(digest.toString());
                            assertThat(it.artifactType())
                                    .isEqualTo("application/vnd.example.signature");
                            assertThat(it.annotations()).containsEntry("by", "somebody");
                        });
        assertThat(there.referrers("app", subject, "application/other")).isEmpty();
        assertThat(there.manifest("app", digest.toString()).document())
                .isInstanceOfSatisfying(
                        ImageManifest.class, it -> assertThat(it.artifact()).isPresent());
    }

    @Test
    void whatIsDeletedIsGone() {
        var digest = registry.putImage("app:1", ONE);
        var there = images.registry(registry.address());
        there.delete("app", digest.toString());
        assertThatExceptionOfType(ImageNotFoundException.class)
                .isThrownBy(() -> there.manifest("app", "1"));
        assertThatExceptionOfType(ImageNotFoundException.class)
                .isThrownBy(() -> there.delete("app", digest.toString()));
    }

    @Test
    void whatIsNoNameIsRefusedBeforeAnythingIsAsked() {
        for (var name : List.of("", "a/b", "UPPER case", "registry", "host:port")) {
            assertThatExceptionOfType(IllegalArgumentException.class)
                    .as(name)
                    .isThrownBy(() -> images.registry(name));
        }
        var there = images.registry(registry.address());
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> there.tags("app:1"))
                .withMessageContaining("app:1");
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> there.manifest("app", "no tag"));
        assertThat(registry.requests()).isEmpty();
    }

    @Test
    void anImageIsCopiedForAllPlatformsWithTheSameDigest() throws Exception {
        var digest = putIndex("app", "1");
        try (var other = TestRegistry.start()) {
            var copied = images.copy(name("app:1"), other.address() + "/mirror/app:9");
            assertThat(copied.digest()).isEqualTo(digest);
            assertThat(copied.manifests()).isEqualTo(2);
            assertThat(copied.sent()).isEqualTo(4);
            assertThat(other.manifest("mirror/app", "9"))
                    .hasValueSatisfying(it -> assertThat(digest.matches(it)).isTrue());
            assertThat(other.hasBlob("mirror/app", Digest.of(TWO))).isTrue();
            assertThat(images.pull(other.address() + "/mirror/app:9").digest()).isEqualTo(digest);

            var again = images.copy(name("app:1"), other.address() + "/mirror/app:10");
            assertThat(again.sent()).isZero();
            assertThat(again.present()).isEqualTo(4);
            assertThat(again.bytes()).isZero();
        }
    }

    @Test
    void onePlatformIsCopiedAlone() throws Exception {
        putIndex("app", "1");
        try (var other = TestRegistry.start()) {
            var riscv = CopyOptions.usual().forPlatform(Platform.parse("linux/riscv64"));
            var copied = images.copy(name("app:1"), other.address() + "/app:1", riscv);
            assertThat(copied.manifests()).isEqualTo(1);
            assertThat(other.hasBlob("app", Digest.of(TWO))).isTrue();
            assertThat(other.hasBlob("app", Digest.of(ONE))).isFalse();
            assertThatExceptionOfType(IllegalArgumentException.class)
                    .isThrownBy(
                            () ->
                                    images.copy(
                                            name("app:1"),
                                            other.address() + "/app@" + copied.digest()))
                    .withMessageContaining(copied.digest().toString());
        }
    }

    @Test
    void anImageThatIsForAnotherMachineAloneIsNoAnswer() {
        registry.putImage("app:1", ONE);
        var riscv = PullOptions.usual().forPlatform(Platform.parse("linux/riscv64"));
        assertThatExceptionOfType(ImageNotFoundException.class)
                .isThrownBy(() -> images.pull(name("app:1"), riscv))
                .withMessageContaining("linux/riscv64")
                .withMessageContaining(Platform.current().toString());
        assertThat(images.list()).isEmpty();
    }

    @Test
    void withinOneRegistryBlobsAreMounted() throws Exception {
        registry.putImage("app:1", ONE);
        var copied = images.copy(name("app:1"), name("other/app:1"));
        assertThat(copied.sent()).isZero();
        assertThat(copied.mounted()).isEqualTo(2);
        assertThat(registry.hasBlob("other/app", Digest.of(ONE))).isTrue();
    }

    @Test
    void aCopyThatFailsHasNoName() throws Exception {
        putIndex("app", "1");
        registry.fault(Fault.wrongBytes().path(Digest.of(TWO).hex()).times(Fault.ALWAYS));
        try (var other = TestRegistry.start()) {
            assertThatExceptionOfType(ImageException.class)
                    .isThrownBy(() -> images.copy(name("app:1"), other.address() + "/app:1"));
            assertThat(other.tags("app")).isEmpty();
        }
    }

    @Test
    void aCopyGoesOnWhereItBroke() throws Exception {
        var noise = new byte[300_000];
        new java.util.Random(7).nextBytes(noise);
        var layer = Tars.tar().file("noise", new String(noise, UTF_8)).gzip();
        registry.putImage("app:1", layer);
        registry.fault(Fault.cut(100_000).path(Digest.of(layer).hex()));
        try (var other = TestRegistry.start()) {
            images.copy(name("app:1"), other.address() + "/app:1");
            assertThat(other.hasBlob("app", Digest.of(layer))).isTrue();
            assertThat(registry.requests())
                    .anySatisfy(it -> assertThat(it.status()).isEqualTo(206));
        }
    }

    @Test
    void nothingIsStoredHereByACopy() throws Exception {
        putIndex("app", "1");
        Files.createDirectories(temporary.resolve("docker"));
        try (var other = DockerRegistry.start(temporary.resolve("docker"))) {
            var digest = images.copy(name("app:1"), other.address() + "/app:1").digest();
            var there = images.registry(other.address());
            assertThat(there.resolve("app", "1")).isEqualTo(digest);
            assertThat(there.catalog()).containsExactly("app");
            assertThat(there.manifest("app", "1").document())
                    .isInstanceOfSatisfying(
                            ImageIndex.class, it -> assertThat(it.manifests()).hasSize(2));
            there.delete("app", digest.toString());
            assertThatExceptionOfType(ImageNotFoundException.class)
                    .isThrownBy(() -> there.manifest("app", "1"));
        }
        assertThat(images.list()).isEmpty();
        for (var directory : List.of("layers", "blobs")) {
            try (var files = Files.list(pelagos.paths().dataDir().resolve(directory))) {
                assertThat(files).isEmpty();
            }
        }
    }
}
