package io.pelagos.image.spec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.pelagos.core.spec.HealthCheck;
import io.pelagos.image.fixtures.TestData;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Documents of images, checked against the cases of the image specification. */
class DocumentsTest {
    private static final Digest DIGEST = Digest.of("layer".getBytes(UTF_8));
    private static final Descriptor CONFIG = Descriptor.of(MediaType.OCI_CONFIG, DIGEST, 5);
    private static final Descriptor LAYER = Descriptor.of(MediaType.OCI_LAYER_GZIP, DIGEST, 5);

    private static Stream<DynamicTest> each(String file, Function<byte[], ?> parse)
            throws IOException {
        return TestData.rows("image-spec/" + file)
                .map(
                        row -> {
                            var document = row.get("document").stringValue().getBytes(UTF_8);
                            return dynamicTest(
                                    row.get(row.has("why") ? "why" : "test").stringValue(),
                                    () -> {
                                        if (row.get("valid").booleanValue()) {
                                            assertThat(parse.apply(document)).isNotNull();
                                        } else {
                                            assertThatExceptionOfType(BadContentException.class)
                                                    .isThrownBy(() -> parse.apply(document));
                                        }
                                    });
                        });
    }

    @TestFactory
    Stream<DynamicTest> manifests() throws IOException {
        return each("manifest.json", ImageManifest::parse);
    }

    @TestFactory
    Stream<DynamicTest> indexes() throws IOException {
        return each("imageIndex.json", ImageIndex::parse);
    }

    @TestFactory
    Stream<DynamicTest> configurations() throws IOException {
        return each("config.json", ImageConfig::parse);
    }

    @TestFactory
    Stream<DynamicTest> descriptors() throws IOException {
        return each("descriptor.json", Descriptor::parse);
    }

    @TestFactory
    Stream<DynamicTest> layouts() throws IOException {
        return each("imageLayout.json", ImageLayout::parse);
    }

    @TestFactory
    Stream<DynamicTest> olderDocuments() throws IOException {
        return each(
                "backwards-compatibility.json",
                json ->
                        new String(json, UTF_8).contains("\"rootfs\"")
                                ? ImageConfig.parse(json)
                                : ImageDocument.parse(json, ""));
    }

    @Test
    void aDocumentThatCouldBeTwoThingsIsRefused() {
        var manifest = new String(ImageManifest.of(CONFIG, List.of(LAYER)).toJson(), UTF_8);
        var both = manifest.replaceFirst("\\{", "{\"manifests\":[],").getBytes(UTF_8);
        assertThatExceptionOfType(BadContentException.class)
                .isThrownBy(() -> ImageDocument.parse(both, ""))
                .withMessageContaining("CVE-2021-41190");
        assertThatExceptionOfType(BadContentException.class)
                .isThrownBy(
                        () -> ImageDocument.parse(manifest.getBytes(UTF_8), MediaType.OCI_INDEX))
                .withMessageContaining(MediaType.OCI_INDEX)
                .withMessageContaining(MediaType.OCI_MANIFEST);
    }

    @Test
    void aTypeThatTheFieldsContradictIsRefused() {
        var manifest = "{\"schemaVersion\":2,\"manifests\":[]}".getBytes(UTF_8);
        assertThatExceptionOfType(BadContentException.class)
                .isThrownBy(() -> ImageDocument.parse(manifest, MediaType.OCI_MANIFEST));
    }

    @Test
    void anOldSchemaIsRefusedByName() {
        assertThatExceptionOfType(BadContentException.class)
                .isThrownBy(
                        () ->
                                ImageDocument.parse(
                                        "{\"schemaVersion\":1,\"fsLayers\":[]}".getBytes(UTF_8),
                                        ""))
                .withMessageContaining("schema 1");
    }

    @Test
    void aDocumentThatIsTooLargeIsRefused() {
        var large = new byte[Documents.LIMIT + 1];
        assertThatExceptionOfType(BadContentException.class)
                .isThrownBy(() -> ImageDocument.parse(large, ""))
                .withMessageContaining("at most");
    }

    @Test
    void whatIsWrittenIsReadAgain() {
        var platform = new Platform("linux", "arm", "v7", null, List.of("x"));
        var index =
                ImageIndex.of(
                        List.of(LAYER.forPlatform(platform).withAnnotations(Map.of("a", "b"))));
        assertThat(ImageIndex.parse(index.toJson())).isEqualTo(index);
        var manifest = ImageManifest.of(CONFIG, List.of(LAYER, LAYER));
        assertThat(ImageManifest.parse(manifest.toJson())).isEqualTo(manifest);
    }

    @Test
    void whatRunsOnThePlatformIsChosen() {
        var v6 = LAYER.forPlatform(Platform.parse("linux/arm/v6"));
        var v7 = LAYER.forPlatform(Platform.parse("linux/arm/v7"));
        var arm64 = LAYER.forPlatform(Platform.parse("linux/arm64"));
        var attestation = LAYER.forPlatform(Platform.of("unknown", "unknown"));
        var index = ImageIndex.of(List.of(attestation, v6, v7, arm64));
        assertThat(index.choose(Platform.parse("linux/armhf"))).containsExactly(v7, v6);
        assertThat(index.choose(Platform.parse("linux/arm/v6"))).containsExactly(v6);
        assertThat(index.choose(Platform.parse("linux/aarch64"))).containsExactly(arm64);
        assertThat(index.choose(Platform.parse("linux/amd64"))).isEmpty();
        assertThat(index.platforms()).hasSize(3);
    }

    @Test
    void healthChecksBecomeThoseOfCore() {
        var shell =
                new ImageConfig.Healthcheck(
                        List.of("CMD-SHELL", "redis-cli ping"), 5_000_000_000L, 0, 0, 7);
        assertThat(HealthChecks.of(shell))
                .isEqualTo(
                        HealthCheck.command("/bin/sh", "-c", "redis-cli ping")
                                .every(Duration.ofSeconds(5), Duration.ofSeconds(10))
                                .retries(7));
        assertThat(HealthChecks.of(new ImageConfig.Healthcheck(List.of("NONE"), 0, 0, 0, 0)))
                .isNull();
        assertThatExceptionOfType(BadContentException.class)
                .isThrownBy(
                        () ->
                                HealthChecks.of(
                                        new ImageConfig.Healthcheck(List.of("X"), 0, 0, 0, 0)));
    }
}
