package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.kernel.ChildJvm;
import io.pelagos.core.testing.LeakCheck;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Printing a plan needs no privileges. */
@ExtendWith(LeakCheck.class)
final class ExplainIT {
    private static final Path SETPRIV = Path.of("/usr/bin/setpriv");

    @Test
    void aProcessWithoutCapabilitiesSeesThePlan() throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(SETPRIV), "setpriv of util-linux is missing");
        var explained =
                ChildJvm.runAs(
                        new String[] {
                            SETPRIV.toString(),
                            "--inh-caps=-all",
                            "--bounding-set=-all",
                            "--no-new-privs"
                        },
                        ExplainMain.class,
                        "--enable-native-access=io.pelagos.core");
        assertThat(explained.output())
                .contains("changing the root", "pivot_root(\".\", \".\")")
                .contains("becoming user 65534", "executing id");
        assertThat(explained.output().lines())
                .allMatch(
                        line -> line.matches(" *[0-9]+ [a-z].*"), "a numbered step, purpose first");
        assertThat(explained.exit()).isZero();
    }
}
