package io.pelagos.snippets;

import io.pelagos.core.Pelagos;
import io.pelagos.core.spec.MiB;
import io.pelagos.image.Images;
import io.pelagos.image.PullListener;

/** The second example of the README. */
final class RunImage {
    private RunImage() {}

    static void run(String name) throws InterruptedException {
        // @start region=example
        try (var pelagos = Pelagos.open();
                var images = Images.open(pelagos)) {
            var image = images.pull(name, progress -> show(progress));
            try (var container = pelagos.container(image).memory(MiB.of(256)).start()) {
                System.out.println(container.stdout().lines().findFirst());
            }
        }
        // @end
    }

    private static void show(PullListener.Progress progress) {
        System.err.println(progress);
    }
}
