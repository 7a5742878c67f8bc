package io.pelagos.examples.stories;

import io.pelagos.core.Pelagos;
import io.pelagos.core.PelagosException;
import io.pelagos.core.Rootfs;
import io.pelagos.core.spec.Mount;
import java.nio.file.Path;

/** A failure says what was being done, which call failed and why, and what to do about it. */
public final class HelpfulErrors {
    private HelpfulErrors() {}

    /**
     * Mounts what is not there.
     *
     * @param missing a path that does not exist
     * @throws InterruptedException when the thread is interrupted
     */
    public static void mount(Path missing) throws InterruptedException {
        try (var pelagos = Pelagos.open()) {
            pelagos.container(Rootfs.host())
                    .command("true")
                    .mount(Mount.bind(missing, "/data"))
                    .run();
        }
    }

    /**
     * Prints what such a failure says.
     *
     * @param args a path that does not exist
     * @throws InterruptedException when the thread is interrupted
     */
    public static void main(String[] args) throws InterruptedException {
        try {
            mount(Path.of(args[0]));
        } catch (PelagosException e) {
            System.out.println(e);
        }
    }
}
