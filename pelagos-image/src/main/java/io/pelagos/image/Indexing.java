package io.pelagos.image;

import io.pelagos.core.spec.Bytes;
import io.pelagos.image.internal.store.StoredImage;
import io.pelagos.image.internal.store.StoredIndex;
import io.pelagos.image.spec.Descriptor;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageConfig;
import io.pelagos.image.spec.ImageIndex;
import io.pelagos.image.spec.ImageManifest;
import io.pelagos.image.spec.ImageNotFoundException;
import io.pelagos.image.spec.ImageReference;
import io.pelagos.image.spec.Platform;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/** Makes an index of images that are here. */
final class Indexing {
    private final Workshop workshop;

    Indexing(Workshop workshop) {
        this.workshop = workshop;
    }

    Image index(ImageReference reference, List<Image> images) {
        check(reference, images);
        var members = new ArrayList<StoredIndex.Member>();
        var descriptors = new ArrayList<Descriptor>();
        for (var image : images) {
            var member = member(image);
            members.add(member);
            var manifest = member.manifest().toArray();
            descriptors.add(
                    Descriptor.of(
                                    ImageManifest.parse(manifest).mediaType(),
                                    Digest.of(manifest),
                                    manifest.length)
                            .forPlatform(image.config().platform()));
        }
        var document = ImageIndex.of(descriptors);
        var raw = document.toJson();
        var chosen = document.choose(Platform.current()).stream().findFirst();
        int own = chosen.map(descriptors::indexOf).orElse(0);
        var manifest = members.get(own).manifest().toArray();
        var config = members.get(own).config().toArray();
        var stored =
                StoredImage.of(
                        reference,
                        Digest.of(raw),
                        ImageManifest.parse(manifest),
                        ImageConfig.parse(config));
        workshop.store().save(stored, manifest, config, new StoredIndex(Bytes.of(raw), members));
        return workshop.images().apply(stored);
    }

    private static void check(ImageReference reference, List<Image> images) {
        if (reference.digest().isPresent()) {
            throw new IllegalArgumentException(
                    "index \""
                            + reference
                            + "\": the digest of an index is not for the caller to choose");
        }
        if (images.isEmpty()) {
            throw new IllegalArgumentException(
                    "index \"" + reference.familiar() + "\": an index needs an image");
        }
        var platforms = new HashSet<Platform>();
        for (var image : images) {
            if (!platforms.add(image.config().platform().normalized())) {
                throw new IllegalArgumentException(
                        "index \""
                                + reference.familiar()
                                + "\": two images are for "
                                + image.config().platform());
            }
        }
    }

    private StoredIndex.Member member(Image image) {
        var manifest = workshop.store().manifest(image.reference());
        var config = workshop.store().config(image.reference());
        if (manifest.filter(it -> it.length > 0).isEmpty() || config.isEmpty()) {
            throw new ImageNotFoundException(
                    image.reference().toString(),
                    image + " is not here any more with its manifest; pull it again");
        }
        return new StoredIndex.Member(Bytes.of(manifest.get()), Bytes.of(config.get()));
    }
}
