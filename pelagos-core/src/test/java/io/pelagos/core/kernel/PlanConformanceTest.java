package io.pelagos.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PlanConformanceTest {
    @TempDir Path folder;

    static List<ConformancePlan> plans() {
        return ConformancePlan.all();
    }

    @ParameterizedTest
    @MethodSource("plans")
    void imageOfThePlanRunsOnThisProcessor(ConformancePlan conformance) throws Exception {
        var plan = conformance.plan().apply(Architecture.current());
        assertThat(NativeProcess.run(folder, plan))
                .isEqualTo(new NativeProcess(conformance.exitCode(), conformance.output()));
    }

    @ParameterizedTest
    @MethodSource("plans")
    void simulationGivesTheSameResult(ConformancePlan conformance) {
        for (var architecture : Architecture.values()) {
            var plan = conformance.plan().apply(architecture);
            assertThat(SimulatedRun.of(new SimulatedKernel(architecture), plan))
                    .isEqualTo(new SimulatedRun(conformance.exitCode(), conformance.output()));
        }
    }
}
