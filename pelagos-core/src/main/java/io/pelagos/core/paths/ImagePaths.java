package io.pelagos.core.paths;

import java.nio.file.Path;

/**
 * Where images, their layers and blobs, and the results of build steps are stored.
 *
 * <p>Layers and blobs go by the SHA-256 of their content, images by their reference with each of
 * {@code : / @} replaced by {@code _}. Different references can share a directory that way ({@code
 * a/b:1} and {@code a_b:1}), so whoever reads a manifest compares the reference it contains with
 * the one sought.
 */
public final class ImagePaths {
    private final Path dataDir;

    ImagePaths(Path dataDir) {
        this.dataDir = dataDir;
    }

    /**
     * Returns the directory that holds one directory for each image.
     *
     * @return {@code D/images}
     */
    public Path imagesDir() {
        return dataDir.resolve("images");
    }

    /**
     * Returns the directory of one image.
     *
     * <p>Not injective: see above.
     *
     * @param reference the reference as it is stored, {@code docker.io/library/redis:7}
     * @return {@code D/images/DIRNAME}, for example {@code docker.io_library_redis_7}
     * @throws IllegalArgumentException if the reference has an empty, {@code .} or {@code ..}
     *     component or cannot be one element of a path
     */
    public Path imageDir(String reference) {
        return dirname(reference).in(imagesDir());
    }

    /**
     * Returns the file that lists an image's layers and its configuration, as JSON.
     *
     * @param reference the reference as it is stored, {@code docker.io/library/redis:7}
     * @return {@code D/images/DIRNAME/manifest.json}
     * @throws IllegalArgumentException if the reference has an empty, {@code .} or {@code ..}
     *     component or cannot be one element of a path
     */
    public Path manifestFile(String reference) {
        return imageDir(reference).resolve("manifest.json");
    }

    /**
     * Returns the file with an image's configuration exactly as the registry has it.
     *
     * @param reference the reference as it is stored, {@code docker.io/library/redis:7}
     * @return {@code D/images/DIRNAME/oci-config.json}
     * @throws IllegalArgumentException if the reference has an empty, {@code .} or {@code ..}
     *     component or cannot be one element of a path
     */
    public Path ociConfigFile(String reference) {
        return imageDir(reference).resolve("oci-config.json");
    }

    /**
     * Returns the directory that holds one directory for each unpacked layer.
     *
     * @return {@code D/layers}
     */
    public Path layersDir() {
        return dataDir.resolve("layers");
    }

    /**
     * Returns the directory of an unpacked layer.
     *
     * @param digest with or without {@code sha256:}
     * @return {@code D/layers/HEX}
     * @throws IllegalArgumentException if the digest is not 64 lower-case hexadecimal digits
     */
    public Path layerDir(String digest) {
        return layersDir().resolve(layer(digest));
    }

    /**
     * Returns the directory that a layer is unpacked into before it is renamed.
     *
     * @param digest with or without {@code sha256:}
     * @return {@code D/layers/HEX.partial}
     * @throws IllegalArgumentException if the digest is not 64 lower-case hexadecimal digits
     */
    public Path partialLayerDir(String digest) {
        return layersDir().resolve(layer(digest) + ".partial");
    }

    /**
     * Returns the file that says that a layer was unpacked to its end.
     *
     * @param digest with or without {@code sha256:}
     * @return {@code D/layers/HEX/.pelagos_complete}: the number of entries
     * @throws IllegalArgumentException if the digest is not 64 lower-case hexadecimal digits
     */
    public Path layerCompleteFile(String digest) {
        return layerDir(digest).resolve(".pelagos_complete");
    }

    /**
     * Returns the file that says that a layer was unpacked without the right to give files away.
     *
     * @param digest with or without {@code sha256:}
     * @return {@code D/layers/HEX.rootless}
     * @throws IllegalArgumentException if the digest is not 64 lower-case hexadecimal digits
     */
    public Path rootlessLayerFile(String digest) {
        return layersDir().resolve(layer(digest) + ".rootless");
    }

    /**
     * Returns the directory of compressed layers.
     *
     * @return {@code D/blobs}
     */
    public Path blobsDir() {
        return dataDir.resolve("blobs");
    }

    /**
     * Returns the file with a compressed layer.
     *
     * @param digest with or without {@code sha256:}
     * @return {@code D/blobs/HEX.tar.gz}
     * @throws IllegalArgumentException if the digest is not 64 lower-case hexadecimal digits
     */
    public Path blobPath(String digest) {
        return blobsDir().resolve(blob(digest) + ".tar.gz");
    }

    /**
     * Returns the file with the digest of the uncompressed form of a blob.
     *
     * @param digest with or without {@code sha256:}
     * @return {@code D/blobs/HEX.diffid}: {@code sha256:} and the digits, no newline
     * @throws IllegalArgumentException if the digest is not 64 lower-case hexadecimal digits
     */
    public Path blobDiffidPath(String digest) {
        return blobsDir().resolve(blob(digest) + ".diffid");
    }

    /**
     * Returns the directory with the results of build steps.
     *
     * @return {@code D/build-cache}
     */
    public Path buildCacheDir() {
        return dataDir.resolve("build-cache");
    }

    /**
     * Returns the file with the digest of the layer that a build step made.
     *
     * @param key a SHA-256, as 64 lower-case hexadecimal digits
     * @return {@code D/build-cache/KEY}: {@code sha256:} and the digits
     * @throws IllegalArgumentException if the key is anything else
     */
    public Path buildCacheFile(String key) {
        return buildCacheDir().resolve(Sha256.of("build cache key", key).hex());
    }

    private static String layer(String digest) {
        return Sha256.of("layer digest", digest).hex();
    }

    private static String blob(String digest) {
        return Sha256.of("blob digest", digest).hex();
    }

    private static PathElement dirname(String reference) {
        for (var component : reference.split("/", -1)) {
            if (component.isEmpty() || component.equals(".") || component.equals("..")) {
                throw PathElement.refused(
                        "image reference", reference, "has a component that is no name");
            }
        }
        var dirname = reference.replace(':', '_').replace('/', '_').replace('@', '_');
        return new PathElement("image reference", dirname);
    }
}
