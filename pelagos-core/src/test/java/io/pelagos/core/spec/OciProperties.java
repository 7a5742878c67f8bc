package io.pelagos.core.spec;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.oci.OciSpec;
import io.pelagos.core.testing.SpecArbitraries;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class OciProperties {
    @Provide
    Arbitrary<ContainerSpec> specs() {
        return SpecArbitraries.ociSpecs();
    }

    @Property(tries = 300)
    void aSpecificationIsTheSameAfterAWayThroughConfigJson(@ForAll("specs") ContainerSpec spec) {
        assertThat(ContainerSpec.fromOci(spec.toOci())).isEqualTo(spec);
    }

    @Property(tries = 100)
    void whatIsWrittenIsADocumentOfTheSpecificationWithoutUnknownFields(
            @ForAll("specs") ContainerSpec spec) {
        var unknown = new ArrayList<String>();
        OciSpec.parse(spec.toOci(), unknown::add);
        assertThat(unknown).isEqualTo(List.of());
    }
}
