package io.pelagos.image.internal.layer;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

import io.pelagos.image.fixtures.Compressed;
import io.pelagos.image.fixtures.Tars;
import io.pelagos.image.spec.BadContentException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/** Archives of people are compressed in more ways than layers. */
class OtherCompressionTest {
    private static final byte[] TEXT = "The quick brown fox. ".repeat(5000).getBytes(US_ASCII);

    private static byte[] read(byte[] bytes) throws IOException {
        return read(new ByteArrayInputStream(bytes));
    }

    private static byte[] read(InputStream bytes) throws IOException {
        try (var in = OtherCompression.removed(bytes, UnpackLimits.USUAL)) {
            return in.readAllBytes();
        }
    }

    private static byte[] join(byte[] one, byte[] two) {
        var out = new ByteArrayOutputStream();
        out.writeBytes(one);
        out.writeBytes(two);
        return out.toByteArray();
    }

    @ParameterizedTest
    @EnumSource
    void whatWasCompressedIsAsBefore(Compressed by) throws IOException {
        assertThat(read(by.of(TEXT))).isEqualTo(TEXT);
        assertThat(read(by.of(new byte[0]))).isEmpty();
        // As pbzip2 and xz with several threads or files write it.
        assertThat(read(join(by.of(TEXT), by.of(TEXT)))).isEqualTo(join(TEXT, TEXT));
    }

    @Test
    void everythingElseStaysAsItIs() throws IOException {
        for (var bytes : new byte[][] {TEXT, Tars.gzip(TEXT), {}, {'B', 'Z'}, {(byte) 0xfd}}) {
            assertThat(read(bytes)).isEqualTo(bytes);
        }
    }

    @ParameterizedTest
    @EnumSource
    void damageIsSaidWhereverItIs(Compressed by) throws IOException {
        var good = by.of(TEXT);
        assertThatExceptionOfType(BadContentException.class)
                .isThrownBy(() -> read(Arrays.copyOf(good, good.length - 3)))
                .withMessageContaining(by.program());
        assertThatExceptionOfType(BadContentException.class)
                .isThrownBy(() -> read(join(good, "garbage".getBytes(US_ASCII))));
        for (int at = 6; at < good.length; at++) {
            var bad = good.clone();
            bad[at] ^= 0x55;
            // Some bits mean nothing; no others lead to another text, or another exception.
            try {
                assertThat(read(bad)).as("byte %d of %s", at, by).isEqualTo(TEXT);
            } catch (BadContentException e) {
                assertThat(e).hasMessageContaining(by.program());
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatCannotBeReadIsNoDamage(Compressed by) throws IOException {
        var beginning = Arrays.copyOf(by.of(TEXT), 20);
        var broken =
                new SequenceInputStream(
                        new ByteArrayInputStream(beginning),
                        new BulkInput() {
                            @Override
                            public int read(byte[] into, int at, int length) throws IOException {
                                throw new IOException("the disk is broken");
                            }
                        });
        assertThatIOException()
                .isThrownBy(() -> read(broken))
                .withMessageContaining("the disk is broken");
    }

    @ParameterizedTest
    @EnumSource
    void bombsAreFoundBeforeTheyAreLarge(Compressed by) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var out = by.to(bytes)) {
            var zeros = new byte[1 << 20];
            for (int i = 0; i < 400; i++) {
                out.write(zeros);
            }
        }
        assertThatExceptionOfType(BadContentException.class)
                .isThrownBy(() -> drain(bytes.toByteArray()))
                .withMessageContaining("limit: ratio");
    }

    private static void drain(byte[] compressed) throws IOException {
        try (var in =
                OtherCompression.removed(
                        new ByteArrayInputStream(compressed), UnpackLimits.USUAL)) {
            in.transferTo(OutputStream.nullOutputStream());
        }
    }

    @Test
    void aDictionaryThatIsTooLargeIsRefused() throws IOException {
        var bytes = new ByteArrayOutputStream();
        var options = new LZMA2Options(0);
        options.setDictSize(256 << 20);
        try (var out = new XZOutputStream(bytes, options)) {
            out.write(TEXT);
        }
        assertThatExceptionOfType(BadContentException.class)
                .isThrownBy(() -> read(bytes.toByteArray()))
                .withMessageContaining("too much memory");
    }
}
