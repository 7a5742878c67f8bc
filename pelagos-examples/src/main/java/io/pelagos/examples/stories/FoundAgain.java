package io.pelagos.examples.stories;

import io.pelagos.core.Pelagos;
import io.pelagos.core.Rootfs;
import io.pelagos.core.spec.Restart;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;

/** A container outlives the JVM that has started it, and another one finds it. */
public final class FoundAgain {
    private FoundAgain() {}

    /**
     * Leaves a program running.
     *
     * @param name what it is found by
     * @param script what it does
     * @return its id
     */
    public static String leave(String name, String script) {
        try (var pelagos = Pelagos.open()) {
            return pelagos.container(Rootfs.host())
                    .command("sh", "-c", script)
                    .name(name)
                    .restart(Restart.onFailure(3))
                    .startDetached()
                    .id();
        }
    }

    /**
     * Reads what it has written since yesterday and writes from now on, until it ends.
     *
     * @param name what it was called
     * @param log gets each line
     * @throws InterruptedException when the thread is interrupted
     */
    public static void follow(String name, Consumer<String> log) throws InterruptedException {
        var yesterday = Instant.now().minus(Duration.ofDays(1));
        try (var pelagos = Pelagos.open()) {
            var logs = pelagos.containers().find(name).logs();
            logs.since(yesterday).follow(line -> log.accept(line.text()));
        }
    }

    /**
     * Leaves a program, or follows one.
     *
     * @param args the name, and the script of a new one
     * @throws InterruptedException when the thread is interrupted
     */
    public static void main(String[] args) throws InterruptedException {
        if (args.length > 1) {
            System.out.println(leave(args[0], args[1]));
        } else {
            follow(args[0], System.out::println);
        }
    }
}
