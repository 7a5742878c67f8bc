package io.pelagos.core;

import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.MiB;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Prints the plan of a container, in a JVM without privileges. */
final class ExplainMain {
    private ExplainMain() {}

    public static void main(String[] args) throws IOException {
        var status = Files.readString(Path.of("/proc/self/status"));
        if (!status.contains("CapEff:\t0000000000000000")) {
            throw new IllegalStateException("this JVM has capabilities: " + status);
        }
        try (var pelagos = Pelagos.open(PelagosPaths.under(Path.of("/nonexistent")))) {
            var plan =
                    pelagos.container(Rootfs.host())
                            .command("id")
                            .memory(MiB.of(64))
                            .user("nobody")
                            .explain();
            System.out.writeBytes(plan.getBytes(StandardCharsets.UTF_8));
        }
    }
}
