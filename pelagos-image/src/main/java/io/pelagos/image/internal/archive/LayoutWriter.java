package io.pelagos.image.internal.archive;

import io.pelagos.image.spec.Descriptor;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageIndex;
import io.pelagos.image.spec.ImageLayout;
import io.pelagos.image.spec.ImageManifest;
import io.pelagos.image.spec.MediaType;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * Writes images as an archive of an OCI image layout, see image-layout.md of the specification: the
 * same bytes each time for the same images.
 */
public final class LayoutWriter {
    private final TarArchiveOutputStream tar;
    private final Set<Digest> written = new HashSet<>();

    private LayoutWriter(TarArchiveOutputStream tar) {
        this.tar = tar;
    }

    /**
     * An image that is written.
     *
     * @param name what it is called
     * @param manifest its manifest
     * @param rawManifest the manifest's bytes
     * @param rawConfig the configuration's bytes
     */
    public record Saved(
            String name,
            ImageManifest manifest,
            io.pelagos.core.spec.Bytes rawManifest,
            io.pelagos.core.spec.Bytes rawConfig) {}

    /**
     * Writes an archive.
     *
     * @param out where to; left open
     * @param images what is written
     * @param blobs where compressed layers are
     * @throws IOException when it cannot be written, or a layer cannot be read
     */
    public static void write(OutputStream out, List<Saved> images, Function<Digest, Path> blobs)
            throws IOException {
        var tar = new TarArchiveOutputStream(out, "UTF-8");
        tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
        tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
        var writer = new LayoutWriter(tar);
        writer.file(ImageLayout.FILE, ImageLayout.toJson());
        var descriptors = new ArrayList<Descriptor>();
        for (var image : images) {
            descriptors.add(writer.image(image, blobs));
        }
        writer.file(ImageLayout.INDEX, ImageIndex.of(descriptors).toJson());
        tar.finish();
    }

    private Descriptor image(Saved image, Function<Digest, Path> blobs) throws IOException {
        for (var layer : image.manifest().layers()) {
            var digest = layer.verifiable();
            if (!MediaType.isForeign(layer.mediaType()) && written.add(digest)) {
                try (var in = Files.newInputStream(blobs.apply(digest))) {
                    stream(path(digest), layer.size(), in);
                }
            }
        }
        blob(image.manifest().config().verifiable(), image.rawConfig().toArray());
        var manifest = image.rawManifest().toArray();
        var digest = Digest.of(manifest);
        blob(digest, manifest);
        return Descriptor.of(image.manifest().mediaType(), digest, manifest.length)
                .withAnnotations(Map.of(ImageLayout.REF_NAME, image.name()));
    }

    private static String path(Digest digest) {
        return "blobs/" + digest.algorithm() + "/" + digest.hex();
    }

    private void blob(Digest digest, byte[] bytes) throws IOException {
        if (written.add(digest)) {
            file(path(digest), bytes);
        }
    }

    private void file(String name, byte[] bytes) throws IOException {
        stream(name, bytes.length, new java.io.ByteArrayInputStream(bytes));
    }

    private void stream(String name, long size, InputStream in) throws IOException {
        var entry = new TarArchiveEntry(name);
        entry.setSize(size);
        entry.setModTime(0);
        tar.putArchiveEntry(entry);
        in.transferTo(tar);
        tar.closeArchiveEntry();
    }
}
