package io.pelagos.bench;

import io.pelagos.image.spec.Descriptor;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageConfig;
import io.pelagos.image.spec.ImageIndex;
import io.pelagos.image.spec.ImageLayout;
import io.pelagos.image.spec.ImageManifest;
import io.pelagos.image.spec.MediaType;
import io.pelagos.image.spec.Platform;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * An image that is made of the files of this machine.
 *
 * @param shape what is in it
 * @param compression how its layers are compressed
 */
record SampleImage(Shape shape, Compression compression) {
    private static final long TOTAL = 200_000_000;
    private static final long SMALL = 8192;

    /** What is in an image. */
    enum Shape {
        /** 200 MB in one layer. */
        SINGLE(1, TOTAL, Integer.MAX_VALUE, Long.MAX_VALUE),
        /** As much in 20 layers. */
        LAYERS(20, TOTAL / 20, Integer.MAX_VALUE, Long.MAX_VALUE),
        /** 50,000 files of at most 8 kB in one layer. */
        FILES(1, Long.MAX_VALUE, 50_000, SMALL);

        private final int layers;
        private final long bytes;
        private final int files;
        private final long largest;

        Shape(int layers, long bytes, int files, long largest) {
            this.layers = layers;
            this.bytes = bytes;
            this.files = files;
            this.largest = largest;
        }
    }

    /** How layers are compressed: by the program, at the level that it has by itself. */
    enum Compression {
        GZIP(MediaType.OCI_LAYER_GZIP, "gzip", "-n"),
        ZSTD(MediaType.OCI_LAYER_ZSTD, "zstd", "-q");

        private final String mediaType;
        private final String program;
        private final String option;

        Compression(String mediaType, String program, String option) {
            this.mediaType = mediaType;
            this.program = program;
            this.option = option;
        }

        String program() {
            return program;
        }
    }

    static List<SampleImage> all() {
        return Stream.of(Shape.values())
                .flatMap(
                        shape ->
                                Stream.of(Compression.values())
                                        .map(compression -> new SampleImage(shape, compression)))
                .toList();
    }

    String name() {
        return (shape + "-" + compression).toLowerCase(Locale.ROOT);
    }

    /**
     * Writes it as an OCI image layout.
     *
     * @param directory where to, empty
     * @return the digests of its layers, from the lowest
     */
    List<Digest> write(Path directory) throws IOException, InterruptedException {
        var blobs = Files.createDirectories(directory.resolve("blobs/sha256"));
        var layers = new ArrayList<Descriptor>();
        var diffIds = new ArrayList<Digest>();
        var files = new MachineFiles(Path.of("/usr"), shape.largest);
        for (int i = 0; i < shape.layers; i++) {
            var tar = directory.resolve("layer.tar");
            files.pack(tar, shape.bytes, shape.files);
            diffIds.add(digest(tar));
            var packed = directory.resolve("layer.packed");
            compress(tar, packed);
            layers.add(keep(packed, blobs));
            Files.delete(tar);
        }
        var config =
                new ImageConfig(
                                Platform.current(),
                                null,
                                null,
                                ImageConfig.Execution.NONE,
                                diffIds,
                                List.of())
                        .toJson();
        var manifest = ImageManifest.of(keep(config, MediaType.OCI_CONFIG, blobs), layers).toJson();
        var named =
                keep(manifest, MediaType.OCI_MANIFEST, blobs)
                        .withAnnotations(Map.of(ImageLayout.REF_NAME, name()));
        Files.write(directory.resolve(ImageLayout.INDEX), ImageIndex.of(List.of(named)).toJson());
        Files.write(directory.resolve(ImageLayout.FILE), ImageLayout.toJson());
        return layers.stream().map(Descriptor::verifiable).toList();
    }

    private void compress(Path tar, Path packed) throws IOException, InterruptedException {
        var builder =
                new ProcessBuilder(compression.program, compression.option, "-c")
                        .redirectInput(tar.toFile())
                        .redirectOutput(packed.toFile())
                        .redirectError(ProcessBuilder.Redirect.DISCARD);
        int status = builder.start().waitFor();
        if (status != 0) {
            throw new IOException(compression.program() + ": exit status " + status);
        }
    }

    private Descriptor keep(Path blob, Path blobs) throws IOException {
        var digest = digest(blob);
        Files.move(blob, blobs.resolve(digest.hex()));
        return Descriptor.of(
                compression.mediaType, digest, Files.size(blobs.resolve(digest.hex())));
    }

    private static Descriptor keep(byte[] document, String mediaType, Path blobs)
            throws IOException {
        var digest = Digest.of(document);
        Files.write(blobs.resolve(digest.hex()), document);
        return Descriptor.of(mediaType, digest, document.length);
    }

    private static Digest digest(Path file) throws IOException {
        var algorithm = Digest.of(new byte[0]);
        try (InputStream in = Files.newInputStream(file);
                var digesting = new DigestInputStream(in, algorithm.newMessageDigest())) {
            digesting.transferTo(OutputStream.nullOutputStream());
            return Digest.of(algorithm.algorithm(), digesting.getMessageDigest().digest());
        }
    }
}
