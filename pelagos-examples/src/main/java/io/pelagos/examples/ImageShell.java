package io.pelagos.examples;

import io.pelagos.core.Pelagos;
import io.pelagos.image.Image;
import io.pelagos.image.Images;

/** What the JShell script {@code images.jsh} adds: images, beside what {@link Shell} offers. */
public final class ImageShell {
    private ImageShell() {}

    /**
     * Opens the images of this user, for as long as the shell lives.
     *
     * @return the way to all of them
     */
    public static Images images() {
        return Images.open(Pelagos.open());
    }

    /** Pulls an image if it is not here. */
    static Image image(Pelagos pelagos, String reference) throws InterruptedException {
        try (var images = Images.open(pelagos)) {
            return images.ensure(reference);
        }
    }
}
