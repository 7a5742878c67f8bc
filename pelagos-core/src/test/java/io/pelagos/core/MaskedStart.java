package io.pelagos.core;

import io.pelagos.core.paths.PelagosPaths;
import java.nio.file.Path;

/** A program of its own: starts a container with the usual masks, and says how that went. */
final class MaskedStart {
    private MaskedStart() {}

    public static void main(String[] arguments) throws InterruptedException {
        var root = Rootfs.directory(Path.of(arguments[0]));
        var paths = PelagosPaths.under(Path.of(arguments[1]).resolve("state"));
        try (var pelagos = Pelagos.open(paths);
                var container = pelagos.container(root).command("true").start()) {
            IO.println("STARTED " + container.waitFor());
        } catch (PelagosException e) {
            IO.println(e);
        }
    }
}
