package io.pelagos.image;

import io.pelagos.image.internal.archive.ArchiveFiles;
import io.pelagos.image.internal.archive.LayoutReader;
import io.pelagos.image.internal.store.LayerStore;
import io.pelagos.image.internal.store.StoredImage;
import io.pelagos.image.spec.BadContentException;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.Platform;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Reads images from an archive or a directory. */
final class Loading {
    private final Workshop workshop;
    private final Path archive;
    private final LoadOptions how;

    Loading(Workshop workshop, Path archive, LoadOptions how) {
        this.workshop = workshop;
        this.archive = archive;
        this.how = how;
    }

    List<Image> run() throws IOException, InterruptedException {
        try (var scratch = workshop.layers().scratch()) {
            var files = ArchiveFiles.open(archive, scratch.path());
            var found = LayoutReader.read(files, Platform.current(), how.allPlatforms());
            if (how.name() != null && found.size() != 1) {
                throw new IllegalArgumentException(
                        "name \"" + how.name() + "\": the archive has " + found.size() + " images");
            }
            var loaded = new ArrayList<Image>();
            for (var image : found) {
                loaded.addAll(
                        load(how.name() == null ? image.names() : List.of(how.name()), image));
            }
            return List.copyOf(loaded);
        }
    }

    private List<Image> load(List<String> names, LayoutReader.Found found)
            throws InterruptedException {
        if (names.isEmpty()) {
            throw new BadContentException(
                    "loading " + archive + ": an image in it has no name; give it one");
        }
        var needed = new ArrayList<Digest>();
        found.manifest().layers().forEach(it -> needed.add(it.verifiable()));
        found.others().forEach(it -> needed.add(it.digest()));
        needed.forEach(LayerStore::requireKnown);
        // Until the image is there nothing else says that somebody needs its layers.
        try (var lease = workshop.leases().apply("the loading of " + names.getFirst(), needed)) {
            assert lease != null;
            takeLayers(found);
            return names.stream().map(it -> store(it, found)).toList();
        }
    }

    private void takeLayers(LayoutReader.Found found) throws InterruptedException {
        var layers = workshop.layers();
        for (int i = 0; i < found.manifest().layers().size(); i++) {
            var digest = found.manifest().layers().get(i).verifiable();
            var file = Objects.requireNonNull(found.layers().get(digest));
            layers.ensure(
                    digest,
                    found.config().diffIds().get(i),
                    () -> layers.verified(file, digest),
                    bytes -> {},
                    bytes -> {});
        }
        for (var other : found.others()) {
            layers.keepBlob(
                    other.digest(),
                    other.diffId(),
                    () -> layers.verified(other.file(), other.digest()));
        }
    }

    private Image store(String name, LayoutReader.Found found) {
        var manifest = found.rawManifest().toArray();
        var config = found.rawConfig().toArray();
        var index = found.index();
        var stored =
                StoredImage.of(
                        workshop.names().apply(name),
                        Digest.of(index == null ? manifest : index.raw().toArray()),
                        found.manifest(),
                        found.config());
        if (index == null) {
            workshop.store().save(stored, manifest, config);
        } else {
            workshop.store().save(stored, manifest, config, index);
        }
        return workshop.images().apply(stored);
    }
}
