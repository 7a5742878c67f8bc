package io.pelagos.image.internal.layer;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.pelagos.image.fixtures.Tars;
import io.pelagos.image.spec.BadContentException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Archives that are small to send and large to unpack, each in another way. */
class LayerBombIT {
    @TempDir private Path temporary;

    /** An archive without an end, of pieces that are made as they are read. */
    private static final class Endless extends BulkInput {
        private final LongFunction<byte[]> pieces;
        private byte[] piece = {};
        private int at;
        private long count;

        Endless(LongFunction<byte[]> pieces) {
            this.pieces = pieces;
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            if (at == piece.length) {
                piece = pieces.apply(count++);
                at = 0;
            }
            int n = Math.min(length, piece.length - at);
            System.arraycopy(piece, at, into, offset, n);
            at += n;
            return n;
        }
    }

    private void assertRefused(InputStream archive, String... said) throws IOException {
        var tree = new Tree(temporary.resolve("root"));
        assertThatExceptionOfType(BadContentException.class)
                .isThrownBy(() -> tree.unpack(archive, UnpackMode.OVERLAY, UnpackLimits.USUAL))
                .satisfies(it -> assertThat(it.getMessage()).contains(said));
    }

    /** One entry without the end of an archive. */
    private static byte[] only(Tars tar, int blocks) {
        return Arrays.copyOf(tar.bytes(), blocks * TarHeader.BLOCK);
    }

    private static byte[] numbered(byte[] header, long number) {
        var name = Long.toString(number).getBytes(US_ASCII);
        Arrays.fill(header, 0, 100, (byte) 0);
        System.arraycopy(name, 0, header, 0, name.length);
        return checked(header);
    }

    private static byte[] checked(byte[] header) {
        Arrays.fill(header, 148, 156, (byte) ' ');
        int sum = 0;
        for (int i = 0; i < TarHeader.BLOCK; i++) {
            sum += header[i] & 0xff;
        }
        System.arraycopy(String.format("%06o\0 ", sum).getBytes(US_ASCII), 0, header, 148, 8);
        return header;
    }

    /** Of the same few names again and again, so that this machine has room for them. */
    @Test
    void aMillionEmptyFiles() throws IOException {
        var header = only(Tars.tar().file("x", ""), 1);
        assertRefused(
                new Endless(number -> numbered(header, number % 100)),
                "more than 1048576",
                "limit: entries");
    }

    @Test
    void directoriesWhosePathsFillTheMemory() throws IOException {
        var parent = ("d".repeat(250) + "/").repeat(15);
        var directory = only(Tars.tar().directory("x/"), 1);
        assertRefused(
                new Endless(
                        number ->
                                join(
                                        extended(
                                                'x', record("path", parent + (1_000_000 + number))),
                                        directory)),
                "limit: paths");
    }

    private static byte[] join(byte[] one, byte[] other) {
        var both = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }

    /** An extended header with a record, of the type for one file or for all. */
    private static byte[] extended(char type, byte[] record) {
        var header = only(Tars.tar().file("pax", ""), 1);
        header[156] = (byte) type;
        var size = String.format("%011o\0", record.length);
        System.arraycopy(size.getBytes(US_ASCII), 0, header, 124, 12);
        return join(checked(header), Arrays.copyOf(record, -(-record.length & ~511)));
    }

    /** Each is small enough, but they are kept for all files that follow. */
    @Test
    void globalHeadersWithoutEnd() throws IOException {
        assertRefused(
                new Endless(number -> extended('g', record("key" + number, "v".repeat(1000)))),
                "limit: header");
    }

    private static byte[] record(String key, String value) {
        var rest = " " + key + "=" + value + "\n";
        int length = rest.length() + 1;
        while (Integer.toString(length).length() + rest.length() != length) {
            length++;
        }
        return (length + rest).getBytes(US_ASCII);
    }

    @Test
    void aNameOfAMegabyte() throws IOException {
        var name = "n".repeat(1_000_000);
        var file = only(Tars.tar().file("x", ""), 1);
        for (var header :
                List.of(
                        extended('x', record("path", name)),
                        extended('L', name.getBytes(US_ASCII)))) {
            assertRefused(new ByteArrayInputStream(join(header, file)), "limit: nameLength");
        }
    }
}
