package io.pelagos.examples.cli;

import io.pelagos.core.Pelagos;
import io.pelagos.core.Rootfs;
import io.pelagos.image.Images;
import io.pelagos.image.PullOptions;
import io.pelagos.image.spec.Platform;
import org.jspecify.annotations.Nullable;

/**
 * The image that a word stands for. Apart from the options, so that what images need is loaded only
 * where there is one.
 */
final class PulledImage {
    private PulledImage() {}

    static Rootfs of(
            Pelagos pelagos, String reference, PullPolicy policy, @Nullable String platform)
            throws InterruptedException {
        var how = PullOptions.usual().asking(PullOptions.Policy.valueOf(policy.name()));
        if (platform != null) {
            how = how.forPlatform(Platform.parse(platform));
        }
        try (var images = Images.open(pelagos);
                var bars = PullBars.begin(pelagos)) {
            return images.pull(reference, how.telling(bars));
        }
    }
}
