package io.pelagos.image.internal.archive;

import io.pelagos.core.spec.Bytes;
import io.pelagos.image.spec.BadContentException;
import io.pelagos.image.spec.Descriptor;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageConfig;
import io.pelagos.image.spec.ImageDocument;
import io.pelagos.image.spec.ImageIndex;
import io.pelagos.image.spec.ImageLayout;
import io.pelagos.image.spec.ImageManifest;
import io.pelagos.image.spec.MediaType;
import io.pelagos.image.spec.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** Finds the images in an archive: an OCI image layout, or what {@code docker save} writes. */
public final class LayoutReader {
    private static final int DEPTH = 8;
    private static final String DOCKER = "manifest.json";

    private final ArchiveFiles files;
    private final Platform platform;

    private LayoutReader(ArchiveFiles files, Platform platform) {
        this.files = files;
        this.platform = platform;
    }

    /**
     * An image in an archive.
     *
     * @param names what it is called there
     * @param manifest its manifest
     * @param rawManifest the manifest's bytes
     * @param config its configuration
     * @param rawConfig the configuration's bytes
     * @param layers where the layers are, by their digests
     */
    public record Found(
            List<String> names,
            ImageManifest manifest,
            Bytes rawManifest,
            ImageConfig config,
            Bytes rawConfig,
            Map<Digest, Path> layers) {}

    /**
     * Reads what there is.
     *
     * @param files the archive
     * @param platform which of several images is taken
     * @return the images
     * @throws IOException when the archive cannot be read
     * @throws BadContentException when it is neither, or damaged
     */
    public static List<Found> read(ArchiveFiles files, Platform platform) throws IOException {
        var reader = new LayoutReader(files, platform);
        if (files.file(ImageLayout.FILE).isPresent()) {
            ImageLayout.parse(files.document(ImageLayout.FILE));
            return reader.layout();
        }
        if (files.file(DOCKER).isPresent()) {
            return reader.docker();
        }
        throw new BadContentException(
                "the archive has neither "
                        + ImageLayout.FILE
                        + " (OCI image layout) nor "
                        + DOCKER
                        + " (docker save)");
    }

    private List<Found> layout() throws IOException {
        var found = new ArrayList<Found>();
        for (var descriptor : ImageIndex.parse(files.document(ImageLayout.INDEX)).manifests()) {
            if (!ImageIndex.isAttestation(descriptor)) {
                var name = descriptor.annotations().get(ImageLayout.REF_NAME);
                found.add(image(name, descriptor, 0));
            }
        }
        return found;
    }

    private Found image(@Nullable String name, Descriptor descriptor, int depth)
            throws IOException {
        var bytes = blob(descriptor);
        return switch (ImageDocument.parse(bytes, descriptor.mediaType())) {
            case ImageIndex index -> {
                var chosen = index.choose(platform);
                if (chosen.isEmpty() || depth == DEPTH) {
                    throw new BadContentException(
                            "the archive has no image for "
                                    + platform
                                    + "; there is one for "
                                    + index.platforms());
                }
                yield image(name, chosen.getFirst(), depth + 1);
            }
            case ImageManifest manifest -> {
                var config = blob(manifest.config());
                yield found(name == null ? List.of() : List.of(name), manifest, bytes, config);
            }
        };
    }

    private static String path(Digest digest) {
        return "blobs/" + digest.algorithm() + "/" + digest.hex();
    }

    private byte[] blob(Descriptor descriptor) throws IOException {
        var digest = descriptor.verifiable();
        var bytes = files.document(path(digest));
        if (!digest.matches(bytes)) {
            throw new BadContentException(
                    path(digest) + " of the archive is damaged: its digest is " + Digest.of(bytes));
        }
        return bytes;
    }

    private Found found(
            List<String> names, ImageManifest manifest, byte[] rawManifest, byte[] rawConfig) {
        var config = ImageConfig.parse(rawConfig);
        if (config.diffIds().size() != manifest.layers().size()) {
            throw new BadContentException(
                    "the archive has an image with "
                            + manifest.layers().size()
                            + " layers, but its configuration names "
                            + config.diffIds().size());
        }
        var layers = new HashMap<Digest, Path>();
        for (var layer : manifest.layers()) {
            var digest = layer.verifiable();
            layers.put(
                    digest,
                    files.file(path(digest))
                            .orElseThrow(
                                    () ->
                                            new BadContentException(
                                                    "the archive has no " + path(digest))));
        }
        return new Found(
                names, manifest, Bytes.of(rawManifest), config, Bytes.of(rawConfig), layers);
    }

    /** Docker's archives have no manifests of their own, so one is made; layers are plain. */
    private List<Found> docker() throws IOException {
        try {
            var all = new ArrayList<Found>();
            for (var image : JsonMapper.shared().readTree(files.document(DOCKER))) {
                var names = new ArrayList<String>();
                image.path("RepoTags").forEach(it -> names.add(it.stringValue("")));
                var rawConfig = files.document(image.path("Config").stringValue(""));
                var descriptors = new ArrayList<Descriptor>();
                var layers = new HashMap<Digest, Path>();
                for (var layer : image.path("Layers")) {
                    var name = layer.stringValue("");
                    var file =
                            files.file(name)
                                    .orElseThrow(
                                            () ->
                                                    new BadContentException(
                                                            "the archive has no " + name));
                    var digest = digest(file);
                    descriptors.add(Descriptor.of(MediaType.OCI_LAYER, digest, Files.size(file)));
                    layers.put(digest, file);
                }
                var config =
                        Descriptor.of(MediaType.OCI_CONFIG, Digest.of(rawConfig), rawConfig.length);
                var manifest = ImageManifest.of(config, descriptors);
                all.add(
                        new Found(
                                names,
                                manifest,
                                Bytes.of(manifest.toJson()),
                                ImageConfig.parse(rawConfig),
                                Bytes.of(rawConfig),
                                layers));
            }
            return all;
        } catch (JacksonException e) {
            throw new BadContentException(DOCKER + " of the archive is not JSON", e);
        }
    }

    private static Digest digest(Path file) throws IOException {
        var digest = Digest.of(new byte[0]).newMessageDigest();
        try (var in = Files.newInputStream(file)) {
            var buffer = new byte[1 << 16];
            for (int count; (count = in.read(buffer)) >= 0; ) {
                digest.update(buffer, 0, count);
            }
        }
        return Digest.of("sha256", digest.digest());
    }
}
