package io.pelagos.core.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The example documents of the OCI runtime specification, where the folder with them is there. */
class RuntimeSpecFixturesTest {
    @TestFactory
    Stream<DynamicTest> goodConfigurationsAreTheSameAfterBeingWritten() {
        return roundTrips("config-good", OciSpec::parse, OciSpec::toJson);
    }

    @TestFactory
    Stream<DynamicTest> goodStatesAreTheSameAfterBeingWritten() {
        return roundTrips("state-good", OciState::parse, OciState::toJson);
    }

    @TestFactory
    Stream<DynamicTest> goodFeaturesAreTheSameAfterBeingWritten() {
        return roundTrips("features-good", OciFeatures::parse, OciFeatures::toJson);
    }

    /** In the specification's own example that field is where no schema has it. */
    @Test
    void fieldsThatNoSchemaHasAreReportedAndNotRefused() {
        var unknown = new ArrayList<String>();
        OciSpec.parse(text(folder("config-good").resolve("spec-example.json")), unknown::add);
        assertThat(unknown).isEqualTo(List.of("/linux/resources/oomScoreAdj"));
    }

    @TestFactory
    Stream<DynamicTest> badConfigurationsAreRefusedByThePathOfWhatIsWrong() {
        return refusals(
                "config-bad",
                OciSpec::parse,
                Map.of(
                        "freebsd-vnet-disable.json",
                        "freebsd.jail: vnet: \"disable\"",
                        "invalid-json.json",
                        "is not JSON at line 1, column 2",
                        "linux-hugepage.json",
                        "linux.resources.hugepageLimits[0]: pageSize: \"64kB\"",
                        "linux-netdevice.json",
                        "linux.netDevices.eth0.name: 23",
                        "linux-rdma.json",
                        "linux.resources.rdma.mlx5_1.hcaHandles: \"not a uint32\""));
    }

    @TestFactory
    Stream<DynamicTest> badStatesAreRefusedByThePathOfWhatIsWrong() {
        return refusals(
                "state-bad",
                OciState::parse,
                Map.of("invalid-json.json", "is not JSON at line 1, column 2"));
    }

    @TestFactory
    Stream<DynamicTest> badFeaturesAreRefusedByThePathOfWhatIsWrong() {
        return refusals(
                "features-bad",
                OciFeatures::parse,
                Map.of("missing-ociVersionMax.json", "ociVersionMax: is missing"));
    }

    private static <T> Stream<DynamicTest> roundTrips(
            String folder, Function<String, T> parse, Function<T, String> write) {
        return files(folder)
                .map(
                        file ->
                                DynamicTest.dynamicTest(
                                        file.getFileName().toString(),
                                        () -> {
                                            var document = parse.apply(text(file));
                                            assertThat(parse.apply(write.apply(document)))
                                                    .isEqualTo(document);
                                        }));
    }

    private static Stream<DynamicTest> refusals(
            String folder, Function<String, ?> parse, Map<String, String> places) {
        return files(folder)
                .map(
                        file -> {
                            var name = file.getFileName().toString();
                            return DynamicTest.dynamicTest(
                                    name,
                                    () ->
                                            assertThatThrownBy(() -> parse.apply(text(file)))
                                                    .isInstanceOf(IllegalArgumentException.class)
                                                    .hasMessageContaining(places.get(name)));
                        });
    }

    private static Stream<Path> files(String folder) {
        try (var files = Files.list(folder(folder))) {
            return files.sorted().toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path folder(String name) {
        var data = Path.of(System.getProperty("pelagos.testdata", ""), "runtime-spec", name);
        assumeTrue(Files.isDirectory(data), () -> "no pelagos.testdata: nothing at " + data);
        return data;
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
