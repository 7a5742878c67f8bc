package io.pelagos.image.internal.archive;

import io.pelagos.image.internal.layer.Decompression;
import io.pelagos.image.internal.layer.UnpackLimits;
import io.pelagos.image.spec.BadContentException;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageConfig;
import io.pelagos.image.spec.ImageManifest;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes images as {@code docker save} does: layers that are not compressed, by their diff ids;
 * configurations; and {@code manifest.json}, which names both. The same bytes each time for the
 * same images.
 */
public final class DockerWriter {
    private static final int BUFFER = 1 << 16;

    private final ArchiveTarget target;
    private final SavedImage.Blobs blobs;
    private final Set<String> written = new HashSet<>();

    /** By the configuration: what has several names is written once. */
    private final Map<Digest, Map<String, Object>> images = new LinkedHashMap<>();

    private DockerWriter(ArchiveTarget target, SavedImage.Blobs blobs) {
        this.target = target;
        this.blobs = blobs;
    }

    /**
     * Writes an archive.
     *
     * @param target where to; not closed
     * @param images what is written
     * @param blobs where compressed layers are
     * @throws IOException when it cannot be written, or a layer cannot be read
     * @throws BadContentException when a layer is not what the configuration says
     */
    public static void write(ArchiveTarget target, List<SavedImage> images, SavedImage.Blobs blobs)
            throws IOException {
        var writer = new DockerWriter(target, blobs);
        for (var image : images) {
            writer.image(image);
        }
        target.file(
                "manifest.json",
                JsonMapper.shared().writeValueAsBytes(List.copyOf(writer.images.values())));
    }

    private void image(SavedImage image) throws IOException {
        var rawConfig = image.config().toArray();
        var digest = Digest.of(rawConfig);
        var known = images.get(digest);
        if (known == null) {
            known = add(image, digest, rawConfig);
        }
        if (image.name().tag().isPresent()
                && known.get("RepoTags") instanceof ArrayList<?> before) {
            var tags = new ArrayList<Object>(before);
            tags.add(image.name().familiar());
            known.put("RepoTags", tags);
        }
    }

    private Map<String, Object> add(SavedImage image, Digest digest, byte[] rawConfig)
            throws IOException {
        var diffIds = ImageConfig.parse(rawConfig).diffIds();
        var manifest = ImageManifest.parse(image.manifest().toArray());
        var layers = new ArrayList<String>();
        for (int i = 0; i < diffIds.size(); i++) {
            var name = diffIds.get(i).hex() + ".tar";
            if (written.add(name)) {
                layer(name, manifest.layers().get(i).verifiable(), diffIds.get(i));
            }
            layers.add(name);
        }
        var config = digest.hex() + ".json";
        target.file(config, rawConfig);
        var entry = new LinkedHashMap<String, Object>();
        entry.put("Config", config);
        entry.put("RepoTags", new ArrayList<>());
        entry.put("Layers", layers);
        images.put(digest, entry);
        return entry;
    }

    /** The size comes before the contents, so what is compressed is read twice. */
    private void layer(String name, Digest blob, Digest diffId) throws IOException {
        long size = 0;
        var computed = diffId.newMessageDigest();
        try (var in = plain(blob)) {
            var buffer = new byte[BUFFER];
            for (int count; (count = in.read(buffer)) >= 0; ) {
                computed.update(buffer, 0, count);
                size += count;
            }
        }
        var actual = Digest.of(diffId.algorithm(), computed.digest());
        if (!actual.equals(diffId)) {
            throw new BadContentException(
                    "saving the layer "
                            + blob
                            + ": what is in it has another digest than the image's configuration"
                            + " says: "
                            + actual
                            + " instead of "
                            + diffId);
        }
        try (var in = plain(blob)) {
            target.file(name, size, in);
        }
    }

    private InputStream plain(Digest blob) throws IOException {
        var in = blobs.open(blob);
        try {
            return Decompression.open(in, UnpackLimits.USUAL);
        } catch (IOException | RuntimeException e) {
            in.close();
            throw e;
        }
    }
}
