package io.pelagos.image;

import io.pelagos.core.files.LayerStack;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.spec.FileSink;
import io.pelagos.image.internal.layer.LayerPacker;
import io.pelagos.image.internal.layer.TarWriter;
import io.pelagos.image.internal.store.LayerStore;
import io.pelagos.image.internal.store.StoredImage;
import io.pelagos.image.spec.Descriptor;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageConfig;
import io.pelagos.image.spec.ImageManifest;
import io.pelagos.image.spec.ImageNotFoundException;
import io.pelagos.image.spec.ImageReference;
import io.pelagos.image.spec.MediaType;
import io.pelagos.image.spec.Platform;
import io.pelagos.image.spec.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The layers of an image that is being made: those of its base, then its own. */
final class Composition {
    private final Workshop workshop;
    private final List<Descriptor> layers = new ArrayList<>();
    private final List<Digest> diffIds = new ArrayList<>();
    private final List<ImageConfig.History> history = new ArrayList<>();
    private final Platform platform;
    private @Nullable Instant youngest;

    Composition(Workshop workshop, @Nullable Image base) {
        this.workshop = workshop;
        if (base == null) {
            platform = Platform.current();
            return;
        }
        platform = base.config().platform();
        layers.addAll(descriptors(workshop, base));
        diffIds.addAll(base.config().diffIds());
        history.addAll(base.config().history());
        // Whoever reads the history expects as many steps as there are layers.
        long told = history.stream().filter(it -> !it.emptyLayer()).count();
        for (long i = told; i < layers.size(); i++) {
            history.add(new ImageConfig.History(base.config().created(), null, null, null, false));
        }
    }

    private static List<Descriptor> descriptors(Workshop workshop, Image base) {
        var raw = workshop.store().manifest(base.reference()).filter(it -> it.length > 0);
        if (raw.isPresent()) {
            return ImageManifest.parse(raw.get()).layers().stream()
                    .map(Composition::inManifestOfOci)
                    .toList();
        }
        var all = new ArrayList<Descriptor>();
        for (var layer : base.layers()) {
            var blob = workshop.layers().blob(layer.digest());
            try {
                all.add(
                        inManifestOfOci(
                                Descriptor.of(
                                        layer.mediaType().isEmpty()
                                                ? MediaType.OCI_LAYER_GZIP
                                                : layer.mediaType(),
                                        layer.digest(),
                                        Files.size(blob))));
            } catch (IOException e) {
                throw new StoreException(
                        "building on " + base + ": the layer " + blob + " is gone; pull it again",
                        e);
            }
        }
        return all;
    }

    /** The two kinds of media types are not to be mixed. */
    private static Descriptor inManifestOfOci(Descriptor layer) {
        var type =
                switch (layer.mediaType()) {
                    case MediaType.DOCKER_LAYER_GZIP -> MediaType.OCI_LAYER_GZIP;
                    case MediaType.DOCKER_LAYER -> MediaType.OCI_LAYER;
                    case MediaType.DOCKER_FOREIGN_LAYER ->
                            "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
                    default -> layer.mediaType();
                };
        return new Descriptor(
                type,
                layer.digest(),
                layer.size(),
                layer.urls(),
                layer.annotations(),
                layer.data(),
                layer.artifactType(),
                layer.platform());
    }

    /** Makes a layer of files, which are put where the layers so far have their directories. */
    LayerStore.Made make(LayerFiles files) throws IOException, InterruptedException {
        var time = files.modified() == null ? time() : files.modified();
        try (var below = LayerStack.open(workshop.calls(), directories().reversed())) {
            return workshop.layers()
                    .make(
                            out -> {
                                try (var tar = new TarWriter(out)) {
                                    LayerPlan.write(workshop.calls(), files, below, time, tar);
                                } catch (ErrnoException e) {
                                    throw new IOException(e.getMessage(), e);
                                }
                            });
        }
    }

    /** Makes a layer of what a container has changed. */
    LayerStore.Made make(Consumer<FileSink> changes) throws IOException, InterruptedException {
        var latest = workshop.sourceDate().orElse(Instant.MAX);
        return workshop.layers()
                .make(
                        out -> {
                            try (var packer = new LayerPacker(new TarWriter(out), latest)) {
                                changes.accept(packer);
                                youngest = packer.youngest();
                            }
                        });
    }

    private List<Path> directories() {
        return layers.stream().map(it -> workshop.layers().directory(it.verifiable())).toList();
    }

    void add(LayerStore.Made layer) {
        layers.add(layer.descriptor());
        diffIds.add(layer.diffId());
    }

    void record(ImageConfig.History step) {
        history.add(step);
    }

    Platform platform() {
        return platform;
    }

    /**
     * When the image is made: what everybody agrees on, or when the container has last changed a
     * file, or the fixed time.
     */
    Instant time() {
        var agreed = workshop.sourceDate();
        return agreed.orElse(youngest == null ? Workshop.FIXED : youngest);
    }

    Image store(
            ImageReference reference,
            Platform machine,
            Instant created,
            @Nullable String author,
            ImageConfig.Execution execution) {
        var config = new ImageConfig(machine, created, author, execution, diffIds, history);
        var rawConfig = config.toJson();
        var manifest =
                ImageManifest.of(
                        Descriptor.of(MediaType.OCI_CONFIG, Digest.of(rawConfig), rawConfig.length),
                        layers);
        var rawManifest = manifest.toJson();
        var stored = StoredImage.of(reference, Digest.of(rawManifest), manifest, config);
        // Somebody may have removed layers that no image had yet; from here on they stay.
        try (var lease = workshop.leases().apply("the making of " + reference, stored.stack())) {
            assert lease != null;
            requireLayers(reference, stored);
            workshop.store().save(stored, rawManifest, rawConfig);
        }
        return workshop.images().apply(stored);
    }

    private void requireLayers(ImageReference reference, StoredImage image) {
        for (var layer : image.stack()) {
            if (!workshop.layers().has(layer)) {
                throw new ImageNotFoundException(
                        reference.toString(),
                        "storing "
                                + reference
                                + ": its layer "
                                + layer
                                + " was removed meanwhile; make the image again");
            }
        }
    }
}
