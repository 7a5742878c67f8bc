package io.pelagos.core.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Mounts that show other owners, as values and as JSON. */
class IdMappingTest {
    private static ContainerSpec oci(String mount) {
        return ContainerSpec.fromOci(
                """
                {"ociVersion": "1.2.0", "root": {"path": "/root"},
                 "process": {"cwd": "/", "args": ["true"], "user": {"uid": 0, "gid": 0}},
                 "linux": {"namespaces": [{"type": "mount"}, {"type": "user"}],
                   "uidMappings": [{"containerID": 0, "hostID": 9, "size": 5}],
                   "gidMappings": [{"containerID": 0, "hostID": 9, "size": 5}]},
                 "mounts": [%s]}
                """
                        .formatted(mount));
    }

    private static String mount(String options, String more) {
        return """
        {"destination": "/data", "type": "bind", "source": "/srv", "options": [%s]%s}
        """
                .formatted(options, more);
    }

    private static final String RANGES =
            """
            , "uidMappings": [{"containerID": 1000, "hostID": 0, "size": 1}],
              "gidMappings": [{"containerID": 100, "hostID": 0, "size": 1}]
            """;

    private static final IdMapping MAPPING =
            new IdMapping(List.of(new IdMap(1000, 0, 1)), List.of(new IdMap(100, 0, 1)));

    private static IdMapping mapping(String options, String more) {
        return ((Mount.Bind) oci(mount(options, more)).mounts().getFirst()).idMapping();
    }

    @Test
    void aConfigurationNamesRangesOrMeansThoseOfTheContainer() {
        assertThat(mapping("\"rbind\", \"ridmap\"", RANGES)).isEqualTo(MAPPING);
        assertThat(mapping("\"bind\", \"idmap\"", RANGES)).isEqualTo(MAPPING);
        assertThat(mapping("\"bind\"", RANGES)).isEqualTo(MAPPING);
        assertThat(mapping("\"bind\", \"idmap\"", "")).isEqualTo(IdMapping.OF_CONTAINER);
        assertThat(mapping("\"rbind\"", "")).isNull();
    }

    @Test
    void aMappingOfTheUppermostMountAloneIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> mapping("\"rbind\", \"idmap\"", RANGES))
                .withMessageContaining("ridmap");
    }

    @Test
    void onlyBindMountsAreMapped() {
        var tmpfs =
                """
                {"destination": "/data", "type": "tmpfs", "source": "tmpfs",
                 "options": ["idmap", "mode=755"]}
                """;
        assertThatIllegalArgumentException()
                .isThrownBy(() -> oci(tmpfs))
                .withMessageContaining("no bind mount");
    }

    @Test
    void rangesOfUsersAndOfGroupsBelongTogether() {
        var one = List.of(new IdMap(0, 1, 1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new IdMapping(one, List.of()))
                .withMessageContaining("belong together");
        assertThatIllegalArgumentException().isThrownBy(() -> new IdMapping(List.of(), one));
    }

    @Test
    void rangesDoNotOverlap() {
        var first = new IdMap(0, 100, 10);
        for (var other : List.of(new IdMap(9, 500, 1), new IdMap(500, 109, 1), first)) {
            var both = List.of(first, other);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new IdMapping(both, List.of(first)))
                    .withMessageContaining("overlap");
        }
        var beside = List.of(first, new IdMap(10, 110, 1), new IdMap(11, 99, 1));
        assertThat(new IdMapping(beside, beside).users()).hasSize(3);
    }

    @Test
    void thereAreNoMoreRangesThanTheKernelTakes() {
        var many = new ArrayList<IdMap>();
        for (int i = 0; i < 341; i++) {
            many.add(new IdMap(i, i, 1));
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new IdMapping(many, many))
                .withMessageContaining("341");
    }

    @Test
    void everyChangeOfABindMountKeepsTheMapping() {
        var bind =
                Mount.bind(Path.of("/srv"), "/data")
                        .idMapped(MAPPING)
                        .with(Mount.Option.NOEXEC)
                        .propagation(Mount.Propagation.SLAVE)
                        .nonRecursive()
                        .createSource();
        assertThat(bind.idMapping()).isEqualTo(MAPPING);
        assertThat(bind.idMapped().idMapping()).isEqualTo(IdMapping.OF_CONTAINER);
    }
}
