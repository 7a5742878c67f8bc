package io.pelagos.image.internal.layer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.pelagos.core.spec.Bytes;
import io.pelagos.core.spec.FileEntry;
import io.pelagos.core.spec.FileMode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;

class TarWriterTest {
    private static final Instant TIME = Instant.ofEpochSecond(1_600_000_000);

    private static FileEntry entry(String path, FileEntry.Type type, long size, String target) {
        return new FileEntry(
                path, type, new FileMode(0640), 1, 2, size, TIME, target, 0, 0, Map.of());
    }

    private static byte[] archive(FileEntry... entries) throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var tar = new TarWriter(bytes)) {
            for (var entry : entries) {
                tar.add(entry, new ByteArrayInputStream(new byte[(int) entry.size()]));
            }
        }
        return bytes.toByteArray();
    }

    private static List<TarEntry> read(byte[] archive) throws IOException {
        var reader = new TarReader(new ByteArrayInputStream(archive), UnpackLimits.USUAL);
        var all = new ArrayList<TarEntry>();
        for (var entry = reader.next(); entry != null; entry = reader.next()) {
            all.add(entry);
        }
        return all;
    }

    @Test
    void whatIsWrittenIsRead() throws IOException {
        var capability = new byte[] {1, 0, 0, 2, (byte) 0x80, (byte) 0xff, '\n', 0};
        var file =
                new FileEntry(
                        "bin/ping",
                        FileEntry.Type.FILE,
                        new FileMode(04755),
                        3_000_000_000L,
                        5,
                        1000,
                        Instant.ofEpochSecond(-2, 250_000_000),
                        "",
                        0,
                        0,
                        Map.of("security.capability", Bytes.of(capability)));
        var device =
                new FileEntry(
                        "dev/null",
                        FileEntry.Type.CHARACTER_DEVICE,
                        new FileMode(0666),
                        0,
                        0,
                        0,
                        TIME,
                        "",
                        1,
                        3,
                        Map.of());
        var read =
                read(
                        archive(
                                entry("", FileEntry.Type.DIRECTORY, 0, ""),
                                entry("bin", FileEntry.Type.DIRECTORY, 0, ""),
                                file,
                                entry("bin/ping6", FileEntry.Type.HARD_LINK, 0, "bin/ping"),
                                entry("sbin", FileEntry.Type.SYMLINK, 0, "bin"),
                                device,
                                entry("pipe", FileEntry.Type.FIFO, 0, "")));
        assertThat(read)
                .extracting(TarEntry::name)
                .containsExactly("./", "bin/", "bin/ping", "bin/ping6", "sbin", "dev/null", "pipe");
        assertThat(read)
                .extracting(TarEntry::type)
                .containsExactly(
                        TarEntry.Type.DIRECTORY,
                        TarEntry.Type.DIRECTORY,
                        TarEntry.Type.FILE,
                        TarEntry.Type.HARD_LINK,
                        TarEntry.Type.SYMLINK,
                        TarEntry.Type.CHARACTER_DEVICE,
                        TarEntry.Type.FIFO);
        var ping = read.get(2);
        assertThat(ping.uid()).isEqualTo(3_000_000_000L);
        assertThat(ping.mode()).isEqualTo(04755);
        assertThat(ping.size()).isEqualTo(1000);
        assertThat(ping.modified()).isEqualTo(file.modified());
        assertThat(ping.xattrs()).isEqualTo(file.xattrs());
        assertThat(read.get(3).target()).isEqualTo("bin/ping");
        assertThat(read.get(5).major()).isEqualTo(1);
        assertThat(read.get(5).minor()).isEqualTo(3);
    }

    @Test
    void namesStayTheBytesThatTheyAre() throws IOException {
        var odd = io.pelagos.core.files.FileNames.decode(new byte[] {'a', (byte) 0xff, 'b'});
        var longOdd = odd + "x".repeat(200);
        var german = "für/" + "ü".repeat(80);
        var target = "../" + odd + "y".repeat(120);
        assertThat(
                        read(
                                archive(
                                        entry(odd, FileEntry.Type.FILE, 0, ""),
                                        entry(longOdd, FileEntry.Type.FILE, 3, ""),
                                        entry(german, FileEntry.Type.FILE, 0, ""),
                                        entry("link", FileEntry.Type.SYMLINK, 0, target))))
                .satisfiesExactly(
                        it -> assertThat(it.name()).isEqualTo(odd),
                        it -> assertThat(it.name()).isEqualTo(longOdd),
                        it -> assertThat(it.name()).isEqualTo(german),
                        it -> assertThat(it.target()).isEqualTo(target));
    }

    /** The length of a record counts the digits of the length. */
    @Test
    void recordsOfEveryLengthAreRead() throws IOException {
        for (int length = 80; length < 1100; length++) {
            var path = "a".repeat(length);
            assertThat(read(archive(entry(path, FileEntry.Type.FILE, 0, ""))))
                    .singleElement()
                    .extracting(TarEntry::name)
                    .isEqualTo(path);
        }
    }

    @Test
    void otherProgramsReadIt() throws IOException {
        var archive =
                archive(
                        entry("d", FileEntry.Type.DIRECTORY, 0, ""),
                        entry("d/" + "f".repeat(150), FileEntry.Type.FILE, 513, ""));
        try (var tar = new TarArchiveInputStream(new ByteArrayInputStream(archive))) {
            assertThat(tar.getNextEntry().isDirectory()).isTrue();
            var file = tar.getNextEntry();
            assertThat(file.getName()).hasSize(152);
            assertThat(file.getMode() & 07777).isEqualTo(0640);
            assertThat(tar.readAllBytes()).hasSize(513);
            assertThat(tar.getNextEntry()).isNull();
        }
        assertThat(archive).hasSize(512 * (1 + 1 + 1 + 1 + 2 + 2));
    }

    @Test
    void aFileThatBecomesShorterIsNoticed() {
        var entry = entry("a", FileEntry.Type.FILE, 10, "");
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(
                        () ->
                                new TarWriter(new ByteArrayOutputStream())
                                        .add(entry, new ByteArrayInputStream(new byte[9])))
                .withMessageContaining("shorter");
    }

    private static FileEntry whiteout(String path) {
        return new FileEntry(
                path,
                FileEntry.Type.CHARACTER_DEVICE,
                new FileMode(0),
                0,
                0,
                0,
                TIME,
                "",
                0,
                0,
                Map.of());
    }

    @Test
    void whatOverlayfsMarksBecomesFilesWithNames() throws IOException {
        var opaque =
                entry("d", FileEntry.Type.DIRECTORY, 0, "")
                        .withXattrs(
                                Map.of(
                                        "trusted.overlay.opaque",
                                        Bytes.of("y"),
                                        "user.note",
                                        Bytes.of("x")));
        var bytes = new ByteArrayOutputStream();
        var latest = TIME.minusSeconds(5);
        try (var packer = new LayerPacker(new TarWriter(bytes), latest)) {
            packer.add(opaque, InputStream.nullInputStream());
            packer.add(whiteout("d/gone"), InputStream.nullInputStream());
            packer.add(whiteout("top"), InputStream.nullInputStream());
            packer.add(whiteout(".pelagos_complete"), InputStream.nullInputStream());
            assertThat(packer.youngest()).isEqualTo(latest);
        }
        var read = read(bytes.toByteArray());
        assertThat(read)
                .extracting(TarEntry::name)
                .containsExactly("d/", "d/.wh..wh..opq", "d/.wh.gone", ".wh.top");
        assertThat(read).extracting(TarEntry::modified).containsOnly(latest);
        assertThat(read.getFirst().xattrs()).containsOnlyKeys("user.note");
    }

    @Test
    void aNameThatWouldDeleteSomethingIsRefused() {
        var packer = new LayerPacker(new TarWriter(new ByteArrayOutputStream()), TIME);
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(
                        () ->
                                packer.add(
                                        entry("etc/.wh.passwd", FileEntry.Type.FILE, 0, ""),
                                        InputStream.nullInputStream()))
                .withMessageContaining("etc/.wh.passwd");
    }

    @Test
    void theSameFilesAreTheSameBytes() throws IOException {
        var entry =
                entry("a", FileEntry.Type.FILE, 4, "")
                        .withXattrs(Map.of("user.b", Bytes.of("1"), "user.a", Bytes.of("ä")));
        assertThat(archive(entry)).isEqualTo(archive(entry));
        assertThat(new String(archive(entry), UTF_8)).contains("SCHILY.xattr.user.a=ä");
    }
}
