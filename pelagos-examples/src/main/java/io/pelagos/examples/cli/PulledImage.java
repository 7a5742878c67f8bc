package io.pelagos.examples.cli;

import io.pelagos.core.Pelagos;
import io.pelagos.core.Rootfs;
import io.pelagos.image.Images;
import io.pelagos.image.PullOptions;

/**
 * The image that a word stands for. Apart from the options, so that what images need is loaded only
 * where there is one.
 */
final class PulledImage {
    private PulledImage() {}

    static Rootfs of(Pelagos pelagos, String reference, PullPolicy policy)
            throws InterruptedException {
        try (var images = Images.open(pelagos);
                var bar = PullBar.begin()) {
            return images.pull(
                    reference,
                    PullOptions.usual()
                            .asking(PullOptions.Policy.valueOf(policy.name()))
                            .telling(bar));
        }
    }
}
