package io.pelagos.image.internal.archive;

import io.pelagos.core.spec.Bytes;
import io.pelagos.image.internal.store.StoredIndex;
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
import java.util.LinkedHashMap;
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
    private final boolean allPlatforms;

    private LayoutReader(ArchiveFiles files, Platform platform, boolean allPlatforms) {
        this.files = files;
        this.platform = platform;
        this.allPlatforms = allPlatforms;
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
     * @param index all images of which this is one, or null where it is taken alone
     * @param others layers that only others of these images have
     */
    public record Found(
            List<String> names,
            ImageManifest manifest,
            Bytes rawManifest,
            ImageConfig config,
            Bytes rawConfig,
            Map<Digest, Path> layers,
            @Nullable StoredIndex index,
            List<Other> others) {}

    /**
     * A layer that is kept, but for no image of this machine.
     *
     * @param digest of its compressed form
     * @param diffId of its form that is not compressed, or null where nothing says it
     * @param file where it is
     */
    public record Other(Digest digest, @Nullable Digest diffId, Path file) {}

    /**
     * Reads what there is.
     *
     * @param files the archive
     * @param platform which of several images is taken
     * @param allPlatforms whether the others are kept with it
     * @return the images
     * @throws IOException when the archive cannot be read
     * @throws BadContentException when it is neither, or damaged
     */
    public static List<Found> read(ArchiveFiles files, Platform platform, boolean allPlatforms)
            throws IOException {
        var reader = new LayoutReader(files, platform, allPlatforms);
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
            case ImageIndex index when allPlatforms -> all(name, index, bytes);
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

    /** An index with all that it names; where none is for this machine, the first has the name. */
    private Found all(@Nullable String name, ImageIndex index, byte[] raw) throws IOException {
        var members = new ArrayList<StoredIndex.Member>();
        var others = new LinkedHashMap<Digest, Other>();
        for (var descriptor : index.manifests()) {
            var bytes = blob(descriptor);
            if (!(ImageDocument.parse(bytes, descriptor.mediaType())
                    instanceof ImageManifest manifest)) {
                throw new BadContentException(
                        "the archive has an index within an index: "
                                + descriptor.digest()
                                + ", of which only the image for this machine can be kept: do not"
                                + " ask for all platforms");
            }
            var config = blob(manifest.config());
            members.add(new StoredIndex.Member(Bytes.of(bytes), Bytes.of(config)));
            for (var other : others(descriptor, manifest, config)) {
                others.putIfAbsent(other.digest(), other);
            }
        }
        var images = index.manifests().stream().filter(it -> !ImageIndex.isAttestation(it));
        var own =
                index.choose(platform).stream()
                        .findFirst()
                        .or(images::findFirst)
                        .orElseThrow(
                                () -> new BadContentException("the archive has an empty index"));
        var found = image(name, own, 1);
        others.keySet().removeAll(found.layers().keySet());
        return new Found(
                found.names(),
                found.manifest(),
                found.rawManifest(),
                found.config(),
                found.rawConfig(),
                found.layers(),
                new StoredIndex(Bytes.of(raw), members),
                List.copyOf(others.values()));
    }

    /** What says something about an image has no layers with files in them. */
    private List<Other> others(Descriptor descriptor, ImageManifest manifest, byte[] rawConfig) {
        var diffIds =
                ImageIndex.isAttestation(descriptor)
                        ? List.<Digest>of()
                        : config(manifest, rawConfig).diffIds();
        var others = new ArrayList<Other>();
        for (int i = 0; i < manifest.layers().size(); i++) {
            var layer = manifest.layers().get(i);
            if (!MediaType.isForeign(layer.mediaType())) {
                var digest = layer.verifiable();
                others.add(
                        new Other(digest, diffIds.isEmpty() ? null : diffIds.get(i), file(digest)));
            }
        }
        return others;
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
        var layers = new HashMap<Digest, Path>();
        for (var layer : manifest.layers()) {
            var digest = layer.verifiable();
            layers.put(digest, file(digest));
        }
        return new Found(
                names,
                manifest,
                Bytes.of(rawManifest),
                config(manifest, rawConfig),
                Bytes.of(rawConfig),
                layers,
                null,
                List.of());
    }

    private static ImageConfig config(ImageManifest manifest, byte[] raw) {
        var config = ImageConfig.parse(raw);
        if (config.diffIds().size() != manifest.layers().size()) {
            throw new BadContentException(
                    "the archive has an image with "
                            + manifest.layers().size()
                            + " layers, but its configuration names "
                            + config.diffIds().size());
        }
        return config;
    }

    private Path file(Digest digest) {
        return files.file(path(digest))
                .orElseThrow(() -> new BadContentException("the archive has no " + path(digest)));
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
                                layers,
                                null,
                                List.of()));
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
