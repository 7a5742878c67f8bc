package io.pelagos.core.testing;

import io.pelagos.core.ContainerBuilder;
import io.pelagos.core.Pelagos;
import io.pelagos.core.Rootfs;
import io.pelagos.core.kernel.LinuxKernel;
import io.pelagos.core.paths.PelagosPaths;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/**
 * A private world for one test of real containers: locations of its own and a root file system of
 * busybox, both below the test's temporary directory.
 *
 * @param directory the test's temporary directory
 * @param root the root file system
 * @param pelagos opened for this test; makes nothing ahead, so that every process is a container's
 */
public record Sandbox(Path directory, BusyboxRoot root, Pelagos pelagos) implements AutoCloseable {
    /** Makes one; the test is skipped without the rights it takes. */
    public static Sandbox in(Path directory) {
        Assumptions.assumeTrue(isRoot(), "needs root");
        return new Sandbox(directory, BusyboxRoot.in(directory), another(directory));
    }

    /** Opens what another JVM has that uses the locations of the sandbox in a directory. */
    public static Pelagos another(Path directory) {
        return Pelagos.open(PelagosPaths.under(directory.resolve("pelagos")), new LinuxKernel());
    }

    private static boolean isRoot() {
        try {
            return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Begins to describe a container of the busybox root. */
    public ContainerBuilder command(String... command) {
        return pelagos.container(root.rootfs()).command(command);
    }

    /** Begins to describe a container that runs a shell script. */
    public ContainerBuilder sh(String script) {
        return command("sh", "-c", script);
    }

    /** Begins to describe a container of another root that runs a shell script. */
    public ContainerBuilder sh(Rootfs other, String script) {
        return pelagos.container(other).command("sh", "-c", script);
    }

    /** Removes all detached containers, whether they run or not. */
    public void removeAll() throws InterruptedException {
        removeAll(pelagos);
    }

    /** Removes all detached containers at some locations, whether they run or not. */
    public static void removeAll(Pelagos pelagos) throws InterruptedException {
        for (var info : pelagos.containers().list()) {
            pelagos.containers().find(info.id()).remove(true);
        }
    }

    @Override
    public void close() {
        pelagos.close();
    }
}
