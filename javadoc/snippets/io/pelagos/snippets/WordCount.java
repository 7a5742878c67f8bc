package io.pelagos.snippets;

import io.pelagos.core.Pelagos;
import io.pelagos.core.Rootfs;
import io.pelagos.core.spec.MiB;
import io.pelagos.core.spec.Mount;
import java.nio.file.Path;

/** The example of the README. */
final class WordCount {
    private WordCount() {}

    static void print(Path folder) throws InterruptedException {
        // @start region=example
        try (var pelagos = Pelagos.open()) {
            var result =
                    pelagos.container(Rootfs.host())
                            .command("wc", "-w", "/in/LICENSE")
                            .mount(Mount.readOnly(folder, "/in"))
                            .user(65534, 65534)
                            .memory(MiB.of(64))
                            .pids(16)
                            .run();
            System.out.println(result.exit() + " " + result.stdout());
        }
        // @end
    }
}
