package io.pelagos.image.internal.pull;

import io.pelagos.core.spec.Bytes;
import io.pelagos.image.internal.registry.Document;
import io.pelagos.image.internal.registry.RegistryClient;
import io.pelagos.image.internal.registry.Repository;
import io.pelagos.image.spec.BadContentException;
import io.pelagos.image.spec.Descriptor;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageConfig;
import io.pelagos.image.spec.ImageDocument;
import io.pelagos.image.spec.ImageIndex;
import io.pelagos.image.spec.ImageManifest;
import io.pelagos.image.spec.ImageNotFoundException;
import io.pelagos.image.spec.ImageReference;
import io.pelagos.image.spec.MediaType;
import io.pelagos.image.spec.Platform;
import java.io.IOException;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What a reference stands for on one platform.
 *
 * @param digest of what the registry has under the reference
 * @param manifest the manifest for the platform
 * @param rawManifest its bytes
 * @param config the configuration
 * @param rawConfig its bytes
 */
public record Resolved(
        Digest digest,
        ImageManifest manifest,
        Bytes rawManifest,
        ImageConfig config,
        Bytes rawConfig) {
    private static final int DEPTH = 8;
    private static final int CONFIG_LIMIT = 4 << 20;

    /**
     * Asks a registry.
     *
     * @param client how it is asked
     * @param reference the image
     * @param platform the machine
     * @return what it stands for
     */
    public static Resolved of(RegistryClient client, ImageReference reference, Platform platform) {
        var document = client.manifest(reference);
        var manifest =
                choose(client, reference, platform, document, 0)
                        .orElseThrow(() -> missing(reference, platform, existing(document)));
        var parsed = (ImageManifest) parse(manifest);
        parsed.artifact()
                .ifPresent(
                        kind -> {
                            throw new BadContentException(
                                    reference + " is no image that can run, but " + kind);
                        });
        var raw = config(client, reference, parsed.config());
        var config = ImageConfig.parse(raw);
        if (platform.suitability(config.platform()) <= 0) {
            throw missing(reference, platform, config.platform().toString());
        }
        if (config.diffIds().size() != parsed.layers().size()) {
            throw new BadContentException(
                    reference
                            + ": the manifest has "
                            + parsed.layers().size()
                            + " layers, its configuration "
                            + config.diffIds().size());
        }
        for (var layer : parsed.layers()) {
            if (!MediaType.isLayer(layer.mediaType())) {
                throw new BadContentException(
                        reference + ": a layer is of a type that is none: " + layer.mediaType());
            }
            layer.verifiable();
        }
        return new Resolved(document.digest(), parsed, manifest.content(), config, Bytes.of(raw));
    }

    private static ImageDocument parse(Document document) {
        return ImageDocument.parse(document.content().toArray(), document.contentType());
    }

    private static Optional<Document> choose(
            RegistryClient client,
            ImageReference reference,
            Platform platform,
            Document document,
            int depth) {
        return switch (parse(document)) {
            case ImageManifest _ -> Optional.of(document);
            case ImageIndex index -> {
                if (depth == DEPTH) {
                    throw new BadContentException(
                            reference + ": more than " + DEPTH + " indexes within each other");
                }
                for (var candidate : index.choose(platform)) {
                    var inner = client.manifest(reference.withDigest(candidate.verifiable()));
                    var found = choose(client, reference, platform, inner, depth + 1);
                    if (found.isPresent()) {
                        yield found;
                    }
                }
                yield Optional.empty();
            }
        };
    }

    /** The platforms that an index has. */
    private static String existing(Document document) {
        return parse(document) instanceof ImageIndex index
                ? index.platforms().stream()
                        .map(Platform::toString)
                        .collect(Collectors.joining(", "))
                : "";
    }

    private static ImageNotFoundException missing(
            ImageReference reference, Platform platform, String exists) {
        return new ImageNotFoundException(
                reference.toString(),
                reference
                        + " has no image for "
                        + platform
                        + "; there is one for "
                        + (exists.isEmpty() ? "nothing" : exists));
    }

    private static byte[] config(
            RegistryClient client, ImageReference reference, Descriptor descriptor) {
        if (descriptor.size() > CONFIG_LIMIT) {
            throw new BadContentException(
                    reference + ": its configuration is larger than " + CONFIG_LIMIT + " bytes");
        }
        try (var in =
                client.blob(Repository.of(reference), descriptor.verifiable(), descriptor.size())) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new BadContentException(
                    reference + ": its configuration cannot be read: " + e.getMessage(), e);
        }
    }
}
