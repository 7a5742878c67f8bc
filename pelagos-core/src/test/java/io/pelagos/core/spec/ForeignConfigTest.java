package io.pelagos.core.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Configurations that others have written become a specification and the same one again, or are
 * refused by the name of what a specification has no place for.
 */
class ForeignConfigTest {
    private static final Path BUNDLE = Path.of("/srv/bundle");

    @ParameterizedTest
    @CsvSource({"minimal-for-start.json"})
    void whatHasAPlaceIsTheSameAfterARoundTrip(String file) throws IOException {
        var spec = ContainerSpec.fromOci(text(file), BUNDLE);
        assertThat(ContainerSpec.fromOci(spec.toOci())).isEqualTo(spec);
    }

    @ParameterizedTest
    @CsvSource({
        "spec-example.json, hooks",
        "linux-netdevice.json, process",
        "linux-rdma.json, process",
        "minimal.json, process",
        "freebsd-example.json, freebsd",
        "freebsd-minimal.json, process",
        "zos-example.json, hooks",
        "zos-minimal.json, process"
    })
    void whatHasNoPlaceIsRefusedByItsName(String file, String name) throws IOException {
        var json = text(file);
        assertThatThrownBy(() -> ContainerSpec.fromOci(json, BUNDLE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(name);
    }

    private static String text(String file) throws IOException {
        var data = Path.of(System.getProperty("pelagos.testdata", ""), "runtime-spec/config-good");
        assumeTrue(Files.isDirectory(data), () -> "no pelagos.testdata: nothing at " + data);
        return Files.readString(data.resolve(file));
    }
}
