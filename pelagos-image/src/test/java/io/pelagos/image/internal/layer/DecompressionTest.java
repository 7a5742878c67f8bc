package io.pelagos.image.internal.layer;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdOutputStream;
import io.pelagos.image.fixtures.Tars;
import io.pelagos.image.spec.BadContentException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/** What is compressed is found out by looking at it. */
class DecompressionTest {
    private static final byte[] TEXT = "The quick brown fox. ".repeat(5000).getBytes(US_ASCII);

    private static byte[] read(byte[] compressed) throws IOException {
        try (var in =
                Decompression.open(new ByteArrayInputStream(compressed), UnpackLimits.USUAL)) {
            return in.readAllBytes();
        }
    }

    private static byte[] join(byte[]... parts) {
        var out = new ByteArrayOutputStream();
        for (var part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    @Test
    void eachKindIsKnownByItsFirstBytes() throws IOException {
        assertThat(read(TEXT)).isEqualTo(TEXT);
        assertThat(read(Tars.gzip(TEXT))).isEqualTo(TEXT);
        assertThat(read(Zstd.compress(TEXT))).isEqualTo(TEXT);
        assertThat(read(new byte[0])).isEmpty();
    }

    @Test
    void membersAndFramesFollowEachOther() throws IOException {
        assertThat(read(join(Tars.gzip(TEXT), Tars.gzip(TEXT), new byte[700])))
                .isEqualTo(join(TEXT, TEXT));
        var skippable = new byte[] {0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3};
        assertThat(read(join(skippable, Zstd.compress(TEXT), Zstd.compress(TEXT), skippable)))
                .isEqualTo(join(TEXT, TEXT));
    }

    @Test
    void whatFollowsTheEndIsRefused() {
        assertThatExceptionOfType(BadContentException.class)
                .isThrownBy(() -> read(join(Tars.gzip(TEXT), new byte[] {0, 0, 7})))
                .withMessageContaining("follows");
        assertThatExceptionOfType(BadContentException.class)
                .isThrownBy(() -> read(join(Zstd.compress(TEXT), new byte[] {1, 2, 3, 4, 5})))
                .withMessageContaining("zstd");
    }

    @Test
    void damageIsFound() {
        var gzip = Tars.gzip(TEXT);
        var checksum = gzip.clone();
        checksum[gzip.length - 6] ^= 1;
        assertThatExceptionOfType(BadContentException.class)
                .isThrownBy(() -> read(checksum))
                .withMessageContaining("checksum");
        assertThatExceptionOfType(EOFException.class)
                .isThrownBy(() -> read(Arrays.copyOf(gzip, gzip.length - 3)));
    }

    @Test
    void otherProgramsAreNamed() {
        assertThatExceptionOfType(BadContentException.class)
                .isThrownBy(() -> read(new byte[] {(byte) 0xfd, '7', 'z', 'X', 'Z', 0}))
                .withMessageContaining("xz");
    }

    private static byte[] bomb(boolean zstd, long megabytes) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (OutputStream out = zstd ? new ZstdOutputStream(bytes) : new GZIPOutputStream(bytes)) {
            var zeros = new byte[1 << 20];
            for (long i = 0; i < megabytes; i++) {
                out.write(zeros);
            }
        }
        return bytes.toByteArray();
    }

    @Test
    void bombsAreFoundBeforeTheyAreLarge() throws IOException {
        for (var zstd : new boolean[] {false, true}) {
            var bomb = bomb(zstd, 400);
            assertThatExceptionOfType(BadContentException.class)
                    .isThrownBy(() -> drain(bomb))
                    .withMessageContaining("limit: ratio");
        }
    }

    private static void drain(byte[] compressed) throws IOException {
        try (var in =
                Decompression.open(new ByteArrayInputStream(compressed), UnpackLimits.USUAL)) {
            in.transferTo(OutputStream.nullOutputStream());
        }
    }

    @Test
    void aWindowThatIsTooLargeIsRefused() throws IOException {
        // Magic, a descriptor without a content size, and a window of 2 GiB (RFC 8878, 3.1.1.1.2).
        var frame =
                new byte[] {
                    0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 0x00, (byte) ((31 - 10) << 3), 1, 0, 0
                };
        assertThatExceptionOfType(BadContentException.class)
                .isThrownBy(() -> read(frame))
                .withMessageContaining("too much memory");
    }
}
