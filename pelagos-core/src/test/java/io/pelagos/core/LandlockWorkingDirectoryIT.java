package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.security.LandlockRules;
import io.pelagos.core.testing.LeakCheck;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Landlock rules name paths from the root, whatever the working directory. */
@ExtendWith(LeakCheck.class)
final class LandlockWorkingDirectoryIT {
    @TempDir private Path directory;

    @Test
    void rulesHoldForTheirPathsInAnotherWorkingDirectory() throws Exception {
        var rules =
                LandlockRules.none()
                        .readOnly("/usr")
                        .execute("/usr")
                        .readOnly("/etc/passwd")
                        .readWrite("/dev");
        try (var pelagos = Pelagos.open(PelagosPaths.under(directory))) {
            var result =
                    pelagos.container(Rootfs.host())
                            .command("sh", "-c", "head -c 4 /etc/passwd; cat /etc/hosts; pwd")
                            .cwd("/tmp")
                            .landlock(rules)
                            .run();
            assertThat(result.stdout()).isEqualTo("root/tmp\n");
            assertThat(result.stderr()).contains("/etc/hosts: Permission denied");
            assertThat(result.warnings()).isEmpty();
        }
    }
}
