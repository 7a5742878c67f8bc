package io.pelagos.examples;

import io.pelagos.core.Pelagos;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.examples.cli.PelagosCommand;
import io.pelagos.image.Images;
import io.pelagos.image.testing.TestRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import java.util.zip.GZIPOutputStream;

/**
 * Does once what commands about images do, with a registry in the same JVM, so that the JVM can
 * keep what it has loaded and learned for later ones. Nothing leaves this machine, and everything
 * it makes lies in a directory that is given.
 */
public final class Rehearsal {
    private static final int FILES = 400;
    private static final int SIZE = 40_000;
    private static final int BLOCK = 512;
    private static final int CHECKSUM = 148;

    private Rehearsal() {}

    /**
     * Pulls an image.
     *
     * @param args a directory, which whoever starts this removes
     * @throws IOException when the image cannot be made
     * @throws InterruptedException when the thread is interrupted
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        var silent = new PrintWriter(Writer.nullWriter());
        try (var registry = TestRegistry.start();
                var pelagos = Pelagos.open(PelagosPaths.under(Path.of(args[0])));
                var images = Images.open(pelagos)) {
            registry.putImage("rehearsal:1", layer());
            images.pull(registry.address() + "/rehearsal:1");
        }
        System.exit(PelagosCommand.execute(silent, silent, "pull", "--help"));
    }

    /** As much as keeps the JVM busy for a moment: what runs often is what it learns about. */
    private static byte[] layer() throws IOException {
        var bytes = new ByteArrayOutputStream();
        var random = new Random(1);
        var content = new byte[SIZE];
        try (var tar = new GZIPOutputStream(bytes)) {
            for (int i = 0; i < FILES; i++) {
                random.nextBytes(content);
                tar.write(header("directory" + i % 20 + "/file" + i));
                tar.write(content);
                tar.write(new byte[-SIZE & (BLOCK - 1)]);
            }
            tar.write(new byte[2 * BLOCK]);
        }
        return bytes.toByteArray();
    }

    /** A header of a regular file, see tar(5). */
    private static byte[] header(String name) {
        var header = new byte[BLOCK];
        put(header, 0, name);
        put(header, 100, "0000644");
        put(header, 108, "0000000");
        put(header, 116, "0000000");
        put(header, 124, "%011o".formatted(SIZE));
        put(header, 136, "%011o".formatted(0));
        put(header, CHECKSUM, "        ");
        put(header, 156, "0");
        put(header, 257, "ustar\00000");
        int sum = 0;
        for (byte each : header) {
            sum += each & 0xff;
        }
        put(header, CHECKSUM, "%06o\0".formatted(sum));
        return header;
    }

    private static void put(byte[] header, int at, String text) {
        var bytes = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, header, at, bytes.length);
    }
}
