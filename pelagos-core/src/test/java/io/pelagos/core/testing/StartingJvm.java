package io.pelagos.core.testing;

import io.pelagos.core.Pelagos;
import io.pelagos.core.Rootfs;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.MiB;
import io.pelagos.core.spec.Namespace;
import java.nio.file.Path;

/** The main class of a JVM that starts containers of several kinds until it is killed. */
public final class StartingJvm {
    private StartingJvm() {}

    /**
     * Starts containers.
     *
     * @param args the directory of its files
     * @throws Exception when it cannot
     */
    public static void main(String[] args) throws Exception {
        try (var pelagos = Pelagos.open(PelagosPaths.under(Path.of(args[0])))) {
            for (int i = 0; ; i++) {
                pelagos.container(Rootfs.host()).command("true").pids(16).run();
                pelagos.container(Rootfs.host())
                        .command("sh", "-c", "sleep 600 & sleep 600 & sleep 600")
                        .share(Namespace.PID)
                        .memory(MiB.of(64))
                        .pids(16)
                        .start();
                pelagos.container(Rootfs.host())
                        .command("sleep", "600")
                        .memory(MiB.of(64))
                        .start();
                if (i == 0) {
                    System.out.println("ready");
                }
                if (pelagos.running().size() > 8) {
                    pelagos.running().forEach(container -> container.kill());
                }
            }
        }
    }
}
