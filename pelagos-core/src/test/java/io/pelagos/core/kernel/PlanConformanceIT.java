package io.pelagos.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pelagos.core.testing.LeakCheck;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Plans for aarch64, on any machine, under the emulator of Debian's qemu-user-static. */
@ExtendWith(LeakCheck.class)
class PlanConformanceIT {
    private static final String EMULATOR = "qemu-aarch64-static";

    @TempDir Path folder;

    static List<ConformancePlan> plans() {
        return ConformancePlan.all();
    }

    @BeforeAll
    static void emulatorIsThere() {
        assumeTrue(
                Stream.of(System.getenv("PATH").split(File.pathSeparator))
                        .anyMatch(folder -> Files.isExecutable(Path.of(folder, EMULATOR))),
                EMULATOR + " is not installed");
    }

    @ParameterizedTest
    @MethodSource("plans")
    void imageOfThePlanRunsOnAarch64(ConformancePlan conformance) throws Exception {
        var plan = conformance.plan().apply(Architecture.AARCH64);
        assertThat(NativeProcess.run(folder, plan, EMULATOR))
                .isEqualTo(new NativeProcess(conformance.exitCode(), conformance.output()));
    }
}
