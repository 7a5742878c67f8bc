package io.pelagos.image;

import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.FileSink;
import io.pelagos.core.spec.RootSpec;
import java.util.HashSet;
import java.util.function.Consumer;

/** Finds the image that a container runs, and begins one more on it. */
final class Committing {
    private final Images images;

    Committing(Images images) {
        this.images = images;
    }

    ImageBuilder of(String name, ContainerSpec spec, Consumer<FileSink> changes) {
        if (!(spec.root() instanceof RootSpec.Layers root)) {
            throw new IllegalArgumentException(
                    "container " + name + ": its root is no stack of layers");
        }
        var base =
                images.list().stream()
                        .filter(it -> isOf(it, root))
                        .filter(it -> explains(it, spec))
                        .findFirst()
                        .or(() -> images.list().stream().filter(it -> isOf(it, root)).findFirst())
                        .orElseThrow(
                                () ->
                                        new IllegalArgumentException(
                                                "container "
                                                        + name
                                                        + ": runs no image that is here; name the"
                                                        + " image again that it was started with"));
        return images.build(base)
                .layer(
                        String.join(" ", spec.process().command()),
                        null,
                        below -> below.make(changes));
    }

    private static boolean isOf(Image image, RootSpec.Layers root) {
        return image.root() instanceof RootSpec.Layers own
                && own.directories().equals(root.directories());
    }

    /** Images of the same layers may say other things about how they run. */
    private static boolean explains(Image image, ContainerSpec spec) {
        return spec.labels().entrySet().containsAll(image.config().execution().labels().entrySet())
                && new HashSet<>(spec.process().command())
                        .containsAll(image.config().execution().entrypoint());
    }
}
