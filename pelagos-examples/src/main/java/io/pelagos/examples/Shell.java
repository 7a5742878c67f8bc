package io.pelagos.examples;

import io.pelagos.core.ContainerBuilder;
import io.pelagos.core.Pelagos;
import io.pelagos.core.Rootfs;
import java.nio.file.Path;

/**
 * What the JShell script {@code pelagos.jsh} offers: short forms that print.
 *
 * <p>Everything else is at hand too; {@link #rootfs} is the way from a word to a root file system.
 */
public final class Shell {
    private Shell() {}

    /**
     * Runs a program to its end and prints what it wrote, then how it ended unless that was code 0.
     *
     * @param rootfs a directory, {@code host}, or an image, which is pulled if it is not here
     * @param command the program and its arguments; an image may have its own
     * @throws InterruptedException when the thread is interrupted; the container has been ended
     */
    public static void run(String rootfs, String... command) throws InterruptedException {
        try (var pelagos = Pelagos.open()) {
            var result = container(pelagos, rootfs, command).run();
            System.out.print(result.stdout());
            System.out.print(result.stderr());
            result.warnings().forEach(warning -> System.out.println("warning: " + warning));
            if (!result.success()) {
                System.out.println(result.exit());
            }
        }
    }

    /**
     * Prints every system call that {@link #run} would make for the new process.
     *
     * @param rootfs a directory, {@code host}, or an image, which is pulled if it is not here
     * @param command the program and its arguments; an image may have its own
     * @throws InterruptedException when the thread is interrupted while an image is pulled
     */
    public static void explain(String rootfs, String... command) throws InterruptedException {
        try (var pelagos = Pelagos.open()) {
            System.out.println(container(pelagos, rootfs, command).explain().stripTrailing());
        }
    }

    /** Prints what this host supports. */
    public static void probe() {
        System.out.println(Pelagos.probe().toString().stripTrailing());
    }

    /**
     * Returns the root file system that a word stands for.
     *
     * @param name a directory, or {@code host}
     * @return the root file system
     */
    public static Rootfs rootfs(String name) {
        return name.equals("host") ? Rootfs.host() : Rootfs.directory(Path.of(name));
    }

    private static ContainerBuilder container(Pelagos pelagos, String rootfs, String... command)
            throws InterruptedException {
        boolean plain = rootfs.equals("host") || rootfs.startsWith("/") || rootfs.startsWith(".");
        var builder = pelagos.container(plain ? rootfs(rootfs) : ImageShell.image(pelagos, rootfs));
        return command.length == 0 ? builder : builder.command(command);
    }
}
