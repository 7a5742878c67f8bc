package io.pelagos.examples.stories;

import io.pelagos.core.Pelagos;
import io.pelagos.core.Rootfs;
import io.pelagos.core.spec.FileMode;
import io.pelagos.core.spec.Owner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Looks inside a container that runs, and reaches inside. */
public final class LookInside {
    private LookInside() {}

    /**
     * Puts a file into a container, and asks it about that and about itself.
     *
     * @param seed a file
     * @return what {@code stat} says of it there; the name of its first process; how much memory
     *     was used at most
     * @throws IOException when reading fails
     * @throws InterruptedException when the thread is interrupted
     */
    public static List<String> look(Path seed) throws IOException, InterruptedException {
        try (var pelagos = Pelagos.open();
                var c = pelagos.container(Rootfs.host()).command("sleep", "1000").start()) {
            c.copyIn(seed, "/tmp/seed", Owner.of(999, 999), FileMode.of("0640"));
            return List.of(
                    c.exec("stat", "-c", "%u %g %a", "/tmp/seed").run().stdout().strip(),
                    Files.readString(c.path("/proc/1/comm")).strip(),
                    String.valueOf(c.stats().memory().peak()));
        }
    }

    /**
     * Prints the answers.
     *
     * @param args a file
     * @throws IOException when reading fails
     * @throws InterruptedException when the thread is interrupted
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        look(Path.of(args[0])).forEach(System.out::println);
    }
}
