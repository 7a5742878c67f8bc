package io.pelagos.image.internal.layer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.pelagos.core.files.LayerStack;
import io.pelagos.core.kernel.OpenFlag;
import io.pelagos.core.spec.Bytes;
import io.pelagos.image.fixtures.Tars;
import io.pelagos.image.spec.BadContentException;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of the files of a layer. */
class LayerUnpackerIT {
    /** cap_net_raw=ep, as setcap(8) writes it. */
    private static final byte[] NET_RAW =
            HexFormat.of().parseHex("0100000200200000000000000000000000000000");

    @TempDir private Path temporary;

    private Tree tree() throws IOException {
        return new Tree(temporary.resolve("root"));
    }

    private static Object attribute(Path path, String name) throws IOException {
        return Files.getAttribute(path, "unix:" + name, java.nio.file.LinkOption.NOFOLLOW_LINKS);
    }

    private static Bytes xattr(Path path, String name) {
        try (var file = Tree.CALLS.openPath(path.toString(), OpenFlag.O_RDONLY)) {
            return Tree.CALLS.xattr(file, name).orElse(Bytes.of(""));
        }
    }

    @Test
    void ownersComeBeforeSetuidBits() throws IOException {
        var tree = tree();
        var result = tree.overlay(Tars.tar().file("su", "x", 04755, 12, 34).bytes());
        assertThat(attribute(tree.path("su"), "uid")).isEqualTo(12);
        assertThat(attribute(tree.path("su"), "gid")).isEqualTo(34);
        assertThat((int) attribute(tree.path("su"), "mode") & 07777).isEqualTo(04755);
        assertThat(result).isEqualTo(new Unpacked(1, 1, true));
    }

    @Test
    void capabilitiesOfFilesAreKept() throws IOException {
        var tree = tree();
        var latin = new String(NET_RAW, ISO_8859_1);
        assertThat(latin.chars()).allMatch(c -> c < 128);
        tree.overlay(
                Tars.tar()
                        .file("star", "x", Map.of("SCHILY.xattr.security.capability", latin))
                        .file(
                                "libarchive",
                                "x",
                                Map.of(
                                        "LIBARCHIVE.xattr.security.capability",
                                        Base64.getEncoder().encodeToString(NET_RAW)))
                        .bytes());
        assertThat(xattr(tree.path("star"), "security.capability").toArray()).isEqualTo(NET_RAW);
        assertThat(xattr(tree.path("libarchive"), "security.capability").toArray())
                .isEqualTo(NET_RAW);
    }

    @Test
    void anArchiveCannotSpeakForOverlayfs() throws IOException {
        var tree = tree();
        var result =
                tree.overlay(
                        Tars.tar()
                                .file(
                                        "f",
                                        "x",
                                        Map.of("SCHILY.xattr.trusted.overlay.redirect", "/etc"))
                                .bytes());
        assertThat(xattr(tree.path("f"), "trusted.overlay.redirect").size()).isZero();
        assertThat(result.exact()).isFalse();
    }

    @Test
    void timesOfDirectoriesAreSetLast() throws IOException {
        var tree = tree();
        tree.overlay(
                Tars.tar()
                        .directory("d/", 1_000_000_000L)
                        .file("d/f", "x", Map.of("mtime", "1234567890.1234567"))
                        .bytes());
        assertThat(Files.getLastModifiedTime(tree.path("d")).toMillis())
                .isEqualTo(1_000_000_000_000L);
        assertThat(Files.getLastModifiedTime(tree.path("d/f")).toInstant())
                .hasToString("2009-02-13T23:31:30.123456700Z");
    }

    @Test
    void whiteoutsAreWhatOverlayfsReads() throws IOException {
        var lower = new Tree(temporary.resolve("lower"));
        lower.overlay(
                Tars.tar()
                        .file("gone", "x")
                        .file("d/gone", "x")
                        .file("opaque/gone", "x")
                        .file("replaced/gone", "x")
                        .file("kept", "x")
                        .bytes());
        var upper = new Tree(temporary.resolve("upper"));
        upper.overlay(
                Tars.tar()
                        .file(".wh.gone", "")
                        .file("d/.wh.gone", "")
                        .file("opaque/new", "y")
                        .file("opaque/.wh..wh..opq", "")
                        .file(".wh.replaced", "")
                        .directory("replaced/")
                        .file("replaced/new", "y")
                        .file(".wh..wh.plnk/x", "aufs")
                        .bytes());
        try (var stack =
                        LayerStack.open(
                                Tree.CALLS,
                                List.of(temporary.resolve("upper"), temporary.resolve("lower")));
                var opaque = stack.root().open("opaque");
                var replaced = stack.root().open("replaced");
                var directory = stack.root().open("d")) {
            assertThat(stack.root().list()).containsExactly("d", "kept", "opaque", "replaced");
            assertThat(opaque.list()).containsExactly("new");
            assertThat(replaced.list()).containsExactly("new");
            assertThat(directory.list()).isEmpty();
        }
        assertThat(attribute(upper.path("gone"), "rdev")).isEqualTo(0L);
        // Overlays of a user namespace look at this one.
        assertThat((byte[]) Files.getAttribute(upper.path("opaque"), "user:overlay.opaque"))
                .isEqualTo(new byte[] {'y'});
    }

    @Test
    void laterFilesReplaceEarlierOnes() throws IOException {
        var tree = tree();
        tree.overlay(
                Tars.tar()
                        .file("a", "1")
                        .file("a", "2")
                        .directory("b/")
                        .file("b/c", "1")
                        .file("b", "file")
                        .symlink("c", "/etc/passwd")
                        .file("c", "own")
                        .file("d", "x")
                        .directory("d/")
                        .file("d/e", "y")
                        .bytes());
        assertThat(tree.path("a")).hasContent("2");
        assertThat(tree.path("b")).hasContent("file");
        assertThat(tree.path("c")).hasContent("own");
        assertThat(tree.path("d/e")).hasContent("y");
    }

    @Test
    void nodesAreMade() throws IOException {
        var tree = tree();
        tree.overlay(Tars.tar().fifo("pipe").device("dev/null", 1, 3).device("gone", 0, 0).bytes());
        assertThat((int) attribute(tree.path("pipe"), "mode") & 0170000).isEqualTo(0010000);
        assertThat(attribute(tree.path("dev/null"), "rdev")).isEqualTo(0x103L);
        assertThat((int) attribute(tree.path("dev/null"), "mode") & 07777).isEqualTo(0660);
        assertThat(attribute(tree.path("gone"), "rdev")).isEqualTo(0L);
    }

    @Test
    void blockDevicesAreMade() throws IOException {
        var tree = tree();
        var archive = Tars.tar().device("disk", 8, 1).bytes();
        archive[156] = '4';
        fixChecksum(archive);
        tree.overlay(archive);
        assertThat((int) attribute(tree.path("disk"), "mode")).isEqualTo(0060660);
        assertThat(attribute(tree.path("disk"), "rdev")).isEqualTo(0x801L);
    }

    /** The field of the header is too short for large files, and then anything. */
    @Test
    void theSizeOfAnExtendedHeaderCounts() throws IOException {
        var tree = tree();
        var archive =
                Tars.tar().file("pax", "9 size=5\n").file("a", "12345").file("b", "x").bytes();
        archive[156] = 'x';
        fixChecksum(archive);
        var header = Arrays.copyOfRange(archive, 1024, 1536);
        System.arraycopy("00000000000 ".getBytes(US_ASCII), 0, header, 124, 12);
        fixChecksum(header);
        System.arraycopy(header, 0, archive, 1024, 512);
        tree.overlay(archive);
        assertThat(tree.path("a")).hasContent("12345");
        assertThat(tree.path("b")).hasContent("x");
    }

    @Test
    void longNamesAndLargeNumbersOfBothKindsAreRead() throws IOException {
        var name = "d".repeat(120) + "/" + "f".repeat(200);
        for (var tar : List.of(Tars.tar(), Tars.tar().gnu())) {
            var tree = new Tree(Files.createTempDirectory(temporary, "long"));
            tree.overlay(
                    tar.file(name, "x", 0600, 3_000_000, 2_500_000)
                            .symlink("link", "t".repeat(300))
                            .bytes());
            assertThat(tree.path(name)).hasContent("x");
            assertThat(attribute(tree.path(name), "uid")).isEqualTo(3_000_000);
            assertThat(Files.readSymbolicLink(tree.path("link"))).hasToString("t".repeat(300));
        }
    }

    private byte[] gnuTar(String script) throws IOException, InterruptedException {
        var directory = Files.createTempDirectory(temporary, "tar");
        var process =
                new ProcessBuilder("sh", "-ec", script)
                        .directory(directory.toFile())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        process.getOutputStream().close();
        var bytes = process.getInputStream().readAllBytes();
        assertThat(process.waitFor()).isZero();
        return bytes;
    }

    @Test
    void sparseFilesOfEveryKindHaveTheirHoles() throws Exception {
        for (var kind :
                List.of(
                        "--format=gnu",
                        "--format=posix --sparse-version=0.0",
                        "--format=posix --sparse-version=0.1",
                        "--format=posix --sparse-version=1.0")) {
            var tree = new Tree(Files.createTempDirectory(temporary, "sparse"));
            tree.overlay(
                    gnuTar(
                            "for i in 1 3 5 7 9 11; do printf \"at $i\" | dd of=f bs=1"
                                    + " seek=${i}000000 conv=notrunc status=none; done;"
                                    + " truncate -s 20000000 f; tar "
                                    + kind
                                    + " -S -c f"));
            var file = tree.path("f");
            assertThat(Files.size(file)).as(kind).isEqualTo(20_000_000);
            var bytes = Files.readAllBytes(file);
            assertThat(new String(bytes, 11_000_000, 5, US_ASCII)).as(kind).isEqualTo("at 11");
            assertThat(new String(bytes, 3_000_000, 4, US_ASCII)).as(kind).isEqualTo("at 3");
            assertThat(bytes[19_999_999]).isZero();
        }
    }

    @Test
    void namesThatAreNoTextAreKept() throws Exception {
        var tree = tree();
        tree.overlay(gnuTar("touch \"$(printf 'caf\\351')\" \"$(printf '\\303\\251')\"; tar -c *"));
        try (var directory = Tree.CALLS.openPath(tree.path("").toString(), OpenFlag.O_RDONLY)) {
            assertThat(Tree.CALLS.list(directory)).containsExactlyInAnyOrder("caf\udce9", "é");
        }
    }

    @Test
    void hardLinksToWhatIsNotThereAreRefused() throws IOException {
        var tree = tree();
        assertThatExceptionOfType(BadContentException.class)
                .isThrownBy(() -> tree.overlay(Tars.tar().hardLink("a", "missing").bytes()))
                .withMessageContaining("a: is a hard link to \"missing\"");
    }

    private static UnpackLimits limits(long entries, long bytes, int depth, int header) {
        return new UnpackLimits(entries, bytes, 500, depth, 4095, header, 1 << 16);
    }

    private void assertRefused(byte[] archive, UnpackLimits limits, String limit)
            throws IOException {
        var tree = new Tree(Files.createTempDirectory(temporary, "limit"));
        assertThatExceptionOfType(BadContentException.class)
                .isThrownBy(
                        () ->
                                tree.unpack(
                                        new ByteArrayInputStream(archive),
                                        UnpackMode.OVERLAY,
                                        limits))
                .withMessageContaining("limit: " + limit);
    }

    @Test
    void whatIsTooMuchIsRefusedByTheNameOfTheLimit() throws IOException {
        var two = Tars.tar().file("a", "12345").file("b", "12345").bytes();
        assertRefused(two, limits(1, 100, 10, 10_000), "entries");
        assertRefused(two, limits(5, 9, 10, 10_000), "bytes");
        assertRefused(Tars.tar().file("a/b/c/d", "").bytes(), limits(5, 9, 3, 10_000), "depth");
        assertRefused(
                Tars.tar().file("a", "", Map.of("SCHILY.xattr.user.x", "y".repeat(9000))).bytes(),
                limits(5, 9, 3, 5000),
                "header");
        assertRefused(
                Tars.tar().file("a", "", Map.of("SCHILY.xattr.user.x", "y".repeat(70_000))).bytes(),
                UnpackLimits.USUAL,
                "xattr");
        assertRefused(
                Tars.tar().symlink("a", "y".repeat(5000)).bytes(),
                UnpackLimits.USUAL,
                "nameLength");
    }

    /** The header only says so: nothing of it may be kept in memory before that is looked at. */
    @Test
    void anExtendedHeaderOfAGigabyteIsRefused() throws IOException {
        var archive = Tars.tar().file("a", "", Map.of("comment", "x")).bytes();
        var size = "10000000000 ".getBytes(US_ASCII);
        System.arraycopy(size, 0, archive, 124, size.length);
        fixChecksum(archive);
        assertRefused(archive, UnpackLimits.USUAL, "header");
    }

    private static void fixChecksum(byte[] header) {
        Arrays.fill(header, 148, 156, (byte) ' ');
        int sum = 0;
        for (int i = 0; i < 512; i++) {
            sum += header[i] & 0xff;
        }
        var text = String.format("%06o\0 ", sum).getBytes(US_ASCII);
        System.arraycopy(text, 0, header, 148, 8);
    }

    @Test
    void whatIsCutOffOrDamagedIsRefused() throws IOException {
        var archive = Tars.tar().file("a", "x".repeat(2000)).bytes();
        var tree = tree();
        assertThatExceptionOfType(EOFException.class)
                .isThrownBy(() -> tree.overlay(Arrays.copyOf(archive, 1000)))
                .withMessageContaining("ends within a file");
        var damaged = archive.clone();
        damaged[0] ^= 1;
        assertThatExceptionOfType(BadContentException.class)
                .isThrownBy(() -> tree.overlay(damaged))
                .withMessageContaining("checksum");
        var followed = Arrays.copyOf(archive, archive.length + 512);
        followed[archive.length + 5] = 1;
        assertThatExceptionOfType(BadContentException.class)
                .isThrownBy(() -> tree.overlay(followed))
                .withMessageContaining("follows the end");
    }
}
