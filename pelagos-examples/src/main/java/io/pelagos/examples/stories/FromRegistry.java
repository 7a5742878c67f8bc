package io.pelagos.examples.stories;

import io.pelagos.core.Pelagos;
import io.pelagos.image.Image;
import io.pelagos.image.Images;
import io.pelagos.image.PullListener;

/** An image is pulled and run, and used when it says that it is ready. */
public final class FromRegistry {
    private FromRegistry() {}

    /**
     * Runs a server of an image, and asks it something.
     *
     * @param pelagos where it runs
     * @param images where its image comes from
     * @param reference for example {@code redis:7}
     * @param bar is told how the pull goes on
     * @param question a command that asks the server, in its container
     * @return the answer
     * @throws InterruptedException when the thread is interrupted
     */
    public static String ask(
            Pelagos pelagos, Images images, String reference, PullListener bar, String... question)
            throws InterruptedException {
        Image redis = images.pull(reference, bar);
        try (var server = pelagos.container(redis).start()) {
            if (server.stdout().lines().noneMatch(line -> line.contains("Ready to accept"))) {
                throw new IllegalStateException("it ended: " + server.waitFor());
            }
            return server.exec(question).run().stdout();
        }
    }

    /**
     * Pings the server of an image.
     *
     * @param args the image, which understands {@code redis-cli ping}
     * @throws InterruptedException when the thread is interrupted
     */
    public static void main(String[] args) throws InterruptedException {
        try (var pelagos = Pelagos.open();
                var images = Images.open(pelagos)) {
            System.out.print(
                    ask(
                            pelagos,
                            images,
                            args[0],
                            progress -> System.err.println(progress.phase()),
                            "redis-cli",
                            "ping"));
        }
    }
}
