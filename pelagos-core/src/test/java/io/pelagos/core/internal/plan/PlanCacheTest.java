package io.pelagos.core.internal.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.ContainerBuilder;
import io.pelagos.core.Rootfs;
import io.pelagos.core.kernel.Architecture;
import io.pelagos.core.kernel.PlanImage;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.Stdio;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PlanCacheTest {
    private final PlanCache cache = new PlanCache();

    private static LaunchInputs inputs(ContainerSpec spec, String hostname, String cgroup) {
        var inputs = PlanInputs.inputs(spec, Architecture.X86_64);
        return new LaunchInputs(
                inputs.spec(),
                inputs.facts(),
                new LaunchInputs.Names(hostname, cgroup),
                inputs.identity(),
                inputs.channels(),
                inputs.supervision(),
                inputs.placement(),
                inputs.sourceIsFile(),
                inputs.filter(),
                inputs.opened());
    }

    private static ContainerSpec spec(Rootfs root, String... command) {
        return ContainerBuilder.describing(root).command(command).spec();
    }

    @ParameterizedTest
    @EnumSource(ContainerSpec.Supervision.class)
    void theNextContainerHasThePlanThatWouldBeComposedForIt(ContainerSpec.Supervision supervision) {
        var spec =
                ContainerBuilder.describing(Rootfs.host())
                        .command("true")
                        .supervision(supervision)
                        .stdin(Stdio.NULL)
                        .stdout(Stdio.NULL)
                        .stderr(Stdio.NULL)
                        .spec();
        for (var names : Map.of("web", "pelagos-ab", "a-longer-name", "pelagos-cd").entrySet()) {
            var inputs = inputs(spec, names.getKey(), names.getValue());
            var cached = cache.plan(inputs).plan();
            var composed = ContainerPlan.compose(inputs).plan();
            assertThat(cached).hasToString(composed.toString());
            assertThat(PlanImage.of(cached)).isEqualTo(PlanImage.of(composed));
        }
    }

    @Test
    void anotherCommandHasAnotherPlan() {
        var root = Rootfs.directory(Path.of("/srv/root"));
        var one = cache.plan(inputs(spec(root, "one"), "web", "pelagos-ab"));
        var other = cache.plan(inputs(spec(root, "other"), "web", "pelagos-ab"));
        assertThat(other.plan().toString()).contains("\"other\"").doesNotContain("\"one\"");
        assertThat(one.plan().toString()).contains("\"one\"").doesNotContain("\"other\"");
    }

    @Test
    void aNameThatIsTooLongIsRefused() {
        var plan = ContainerPlan.compose(inputs(spec(Rootfs.host(), "true"), "a", "b")).plan();
        var texts = Map.of("hostname", "x".repeat(65));
        assertThatThrownBy(() -> plan.withTexts(texts))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("hostname");
        assertThatThrownBy(() -> plan.withTexts(Map.of("nothing", "x")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("nothing");
    }
}
