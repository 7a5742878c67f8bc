package io.pelagos.core.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pelagos.core.internal.json.Json;
import io.pelagos.core.security.Lsm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.node.ObjectNode;

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

    /** Without what a specification has no place for, such as hooks, all of the example is read. */
    @Test
    void theExampleOfTheSpecificationIsReadButForWhatHasNoPlace() throws IOException {
        var example = (ObjectNode) Json.parse("example", text("spec-example.json"));
        example.remove("hooks");
        var resources = (ObjectNode) example.get("linux").get("resources");
        resources.remove(List.of("network", "oomScoreAdj", "blockIO"));
        ((ObjectNode) resources.get("memory")).remove(List.of("kernel", "kernelTCP", "swappiness"));
        ((ObjectNode) resources.get("cpu")).remove(List.of("realtimeRuntime", "realtimePeriod"));
        var spec = ContainerSpec.fromOci(example.toString(), BUNDLE);
        assertThat(spec.confinement().labels().required())
                .isEqualTo(EnumSet.of(Lsm.APPARMOR, Lsm.SELINUX));
        assertThat(spec.rootPropagation()).isEqualTo(Mount.Propagation.SLAVE);
        assertThat(ContainerSpec.fromOci(spec.toOci()).toOci()).isEqualTo(spec.toOci());
    }

    @ParameterizedTest
    @CsvSource({
        "private, PRIVATE",
        "rprivate, PRIVATE",
        "slave, SLAVE",
        "rslave, SLAVE",
        "rshared, SHARED",
        "runbindable, UNBINDABLE"
    })
    void thePropagationOfTheRootIsCalledAsOtherRuntimesCallIt(
            String word, Mount.Propagation propagation) {
        var json =
                """
                {"ociVersion": "1.2.0", "root": {"path": "/r"}, "linux": {"rootfsPropagation": "%s"},
                 "process": {"cwd": "/", "args": ["true"], "user": {"uid": 0, "gid": 0}}}
                """
                        .formatted(word);
        assertThat(ContainerSpec.fromOci(json).rootPropagation()).isEqualTo(propagation);
    }

    private static String text(String file) throws IOException {
        var data = Path.of(System.getProperty("pelagos.testdata", ""), "runtime-spec/config-good");
        assumeTrue(Files.isDirectory(data), () -> "no pelagos.testdata: nothing at " + data);
        return Files.readString(data.resolve(file));
    }
}
