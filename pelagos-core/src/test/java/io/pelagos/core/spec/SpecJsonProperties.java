package io.pelagos.core.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.internal.json.Json;
import io.pelagos.core.testing.SpecArbitraries;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

class SpecJsonProperties {
    @Provide
    Arbitrary<ContainerSpec> specs() {
        return SpecArbitraries.specs();
    }

    @Property(tries = 300)
    void aSpecificationIsTheSameAfterAWayThroughJson(@ForAll("specs") ContainerSpec spec) {
        assertThat(ContainerSpec.fromJson(spec.toJson())).isEqualTo(spec);
    }

    @Property(tries = 300)
    void aFieldThatNobodyKnowsIsRefusedWhereverItIs(
            @ForAll("specs") ContainerSpec spec, @ForAll("choices") int choice) {
        var root = Json.parse("spec", spec.toJson());
        var objects = new ArrayList<Place>();
        collect("", root, objects);
        var place = objects.get(Math.floorMod(choice, objects.size()));
        place.node().put("noSuchField", 1);

        assertThatThrownBy(() -> ContainerSpec.fromJson(Json.print(root)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll(
                        (place.path() + "noSuchField").split("(?<=^confinement.seccomp)(?=\\.)"));
    }

    @Provide
    Arbitrary<Integer> choices() {
        return Arbitraries.integers();
    }

    private record Place(String path, ObjectNode node) {}

    /** Objects whose fields have names of their own, so that another one can only be a mistake. */
    private static void collect(String path, JsonNode node, List<Place> places) {
        switch (node) {
            case ObjectNode object -> {
                boolean map =
                        path.matches(
                                "(.*\\.)?(labels|annotations|environment|sysctls|parameters|unified"
                                        + "|hugetlb|files|namespaces|rlimits)\\.");
                if (!map) {
                    places.add(new Place(path, object));
                }
                object.properties()
                        .forEach(it -> collect(path + it.getKey() + ".", it.getValue(), places));
            }
            default -> {
                for (int i = 0; i < node.size(); i++) {
                    collect(
                            path.substring(0, path.length() - 1) + "[" + i + "].",
                            node.get(i),
                            places);
                }
            }
        }
    }
}
