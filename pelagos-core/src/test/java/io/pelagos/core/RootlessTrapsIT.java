package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.testing.ForkedJvm;
import io.pelagos.core.testing.LeakCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A JVM that may make no user namespace is told which setting is in the way. */
@ExtendWith(LeakCheck.class)
class RootlessTrapsIT {
    @TempDir private Path directory;

    /** Tries to start a container, and tells what came of it. */
    static final class Trying {
        public static void main(String[] args) throws InterruptedException {
            try (var pelagos = Pelagos.open(PelagosPaths.under(Path.of(args[0])))) {
                var result = pelagos.container(Rootfs.host()).command("echo", "started").run();
                System.out.print(result.stdout() + result.stderr());
            } catch (PelagosException e) {
                System.out.println(e.getClass().getSimpleName() + ": " + e.getMessage());
            }
        }
    }

    /** In a user namespace, where the script is run first, and then nothing with a capability. */
    private String trying(String first) throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/unshare")), "needs unshare");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/setpriv")), "needs setpriv");
        var prefix =
                List.of(
                        "/usr/bin/unshare",
                        "--user",
                        "--map-user=1000",
                        "--map-group=1000",
                        "--keep-caps",
                        "/bin/sh",
                        "-ec",
                        first
                                + "; exec /usr/bin/setpriv --ambient-caps=-all --bounding-set=-all"
                                + " --inh-caps=-all \"$@\"",
                        "sh");
        var classes = Files.createDirectory(directory.resolve("classes"));
        try (var jvm =
                ForkedJvm.elsewhere(
                        prefix, classes, Trying.class, directory.resolve("p").toString())) {
            return jvm.output();
        }
    }

    @Test
    void inAUserNamespaceWhoeverHasNoCapabilityMakesAnotherOne() throws Exception {
        assertThat(trying(":")).contains("started");
    }

    @Test
    void thatNoUserNamespaceIsLeftIsSaid() throws Exception {
        assertThat(trying("echo 0 > /proc/sys/user/max_user_namespaces"))
                .contains("UnsupportedHostException")
                .contains("user.max_user_namespaces is 0")
                .contains("sysctl -w user.max_user_namespaces=");
    }
}
