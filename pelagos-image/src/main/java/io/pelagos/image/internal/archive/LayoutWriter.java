package io.pelagos.image.internal.archive;

import io.pelagos.core.spec.Bytes;
import io.pelagos.image.internal.store.StoredIndex;
import io.pelagos.image.spec.Descriptor;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageIndex;
import io.pelagos.image.spec.ImageLayout;
import io.pelagos.image.spec.ImageManifest;
import io.pelagos.image.spec.MediaType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Writes images as an OCI image layout, see image-layout.md of the specification: the same bytes
 * each time for the same images.
 */
public final class LayoutWriter {
    private final ArchiveTarget target;
    private final SavedImage.Blobs blobs;
    private final Set<Digest> written = new HashSet<>();

    private LayoutWriter(ArchiveTarget target, SavedImage.Blobs blobs) {
        this.target = target;
        this.blobs = blobs;
    }

    /**
     * Writes a layout.
     *
     * @param target where to; not closed
     * @param images what is written
     * @param blobs where compressed layers are
     * @throws IOException when it cannot be written, or a layer cannot be read
     */
    public static void write(ArchiveTarget target, List<SavedImage> images, SavedImage.Blobs blobs)
            throws IOException {
        var writer = new LayoutWriter(target, blobs);
        target.file(ImageLayout.FILE, ImageLayout.toJson());
        var descriptors = new ArrayList<Descriptor>();
        for (var image : images) {
            descriptors.add(
                    writer.document(image)
                            .withAnnotations(
                                    Map.of(ImageLayout.REF_NAME, image.name().toString())));
        }
        target.file(ImageLayout.INDEX, ImageIndex.of(descriptors).toJson());
    }

    private Descriptor document(SavedImage image) throws IOException {
        var index = image.index();
        return index == null ? image(image.manifest(), image.config()) : index(index);
    }

    private Descriptor index(StoredIndex index) throws IOException {
        for (var member : index.members()) {
            Descriptor ignored = image(member.manifest(), member.config());
        }
        return blob(index.index().mediaType(), index.raw());
    }

    private Descriptor image(Bytes rawManifest, Bytes rawConfig) throws IOException {
        var manifest = ImageManifest.parse(rawManifest.toArray());
        for (var layer : manifest.layers()) {
            var digest = layer.verifiable();
            if (!MediaType.isForeign(layer.mediaType()) && written.add(digest)) {
                try (var in = blobs.open(digest)) {
                    target.file(path(digest), layer.size(), in);
                }
            }
        }
        Descriptor ignored = blob(manifest.config().mediaType(), rawConfig);
        return blob(manifest.mediaType(), rawManifest);
    }

    private static String path(Digest digest) {
        return "blobs/" + digest.algorithm() + "/" + digest.hex();
    }

    private Descriptor blob(String mediaType, Bytes document) throws IOException {
        var bytes = document.toArray();
        var digest = Digest.of(bytes);
        if (written.add(digest)) {
            target.file(path(digest), bytes);
        }
        return Descriptor.of(mediaType, digest, bytes.length);
    }
}
