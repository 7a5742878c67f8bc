package io.pelagos.examples.stories;

import io.pelagos.core.Container;
import io.pelagos.core.Pelagos;
import io.pelagos.core.Rootfs;
import io.pelagos.core.spec.Exit;
import java.io.IOException;
import java.time.Duration;
import java.util.function.Consumer;

/** A container is used as Java people use a process. */
public final class FamiliarProcess {
    private FamiliarProcess() {}

    /**
     * Gives a script to a shell.
     *
     * @param script what the shell reads
     * @param log gets each line that it prints
     * @param ended gets how it ended
     * @return how it ended, too
     * @throws IOException when writing to it fails
     * @throws InterruptedException when the thread is interrupted
     */
    public static Exit shell(String script, Consumer<String> log, Consumer<Exit> ended)
            throws IOException, InterruptedException {
        try (var pelagos = Pelagos.open()) {
            Container c = pelagos.container(Rootfs.host()).command("sh").start();
            try (var out = c.stdin().writer()) {
                out.write(script);
            }
            c.stdout().lines().forEach(log);
            c.onExit().thenAccept(ended).join();
            return c.stop(Duration.ofSeconds(10));
        }
    }

    /**
     * Gives a script to a shell.
     *
     * @param args the script
     * @throws IOException when writing to it fails
     * @throws InterruptedException when the thread is interrupted
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        shell(String.join(" ", args), System.out::println, System.out::println);
    }
}
