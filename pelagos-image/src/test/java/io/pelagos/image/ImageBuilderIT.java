package io.pelagos.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.pelagos.core.Pelagos;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.FileMode;
import io.pelagos.core.spec.HealthCheck;
import io.pelagos.core.spec.Mount;
import io.pelagos.core.spec.Owner;
import io.pelagos.core.spec.Preserve;
import io.pelagos.core.spec.Signal;
import io.pelagos.image.fixtures.Compressed;
import io.pelagos.image.fixtures.Tars;
import io.pelagos.image.spec.BadContentException;
import io.pelagos.image.spec.ImageConfig;
import io.pelagos.image.spec.Platform;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images made from Java, run by the real kernel. */
class ImageBuilderIT {
    @TempDir private Path temporary;

    private Pelagos pelagos;
    private Images images;

    @BeforeEach
    void open() {
        pelagos = Pelagos.open(PelagosPaths.under(temporary.resolve("pelagos")));
        images = images(Map.of());
    }

    private Images images(Map<String, String> environment) {
        return Images.open(pelagos, ImageOptions.usual().withEnvironment(environment));
    }

    @AfterEach
    void close() {
        images.close();
        pelagos.close();
    }

    /** Busybox with links for its programs, and directories that are not as usual. */
    static LayerFiles busybox() {
        var files =
                LayerFiles.of("busybox")
                        .copy(Path.of("/bin/busybox"), "/usr/bin/busybox", FileMode.of("0755"))
                        .link("/bin", "usr/bin")
                        .directory("/tmp", FileMode.of("1777"))
                        .directory("/srv", FileMode.of("0750"), Owner.of(7, 8))
                        .file("/etc/passwd", "root:x:0:0::/root:/bin/sh\n".getBytes(UTF_8))
                        .file("/data/one", "1".getBytes(UTF_8))
                        .file("/data/two", "2".getBytes(UTF_8))
                        .file("/data/sub/three", "3".getBytes(UTF_8));
        for (var name :
                List.of(
                        "sh", "echo", "cat", "id", "ls", "rm", "mkdir", "stat", "mv", "ln",
                        "sleep")) {
            files.link("/usr/bin/" + name, "busybox");
        }
        return files;
    }

    private Image base() throws InterruptedException {
        return images.build().layer(busybox()).env("PATH", "/bin").tag("base:1");
    }

    private String run(Image image, String... command) throws Exception {
        var result = pelagos.container(image).command(command).run();
        assertThat(result.stderr()).isEmpty();
        return result.stdout();
    }

    @Test
    void anImageThatIsBuiltIsRun() throws Exception {
        var image =
                images.build(base())
                        .layer(
                                LayerFiles.of("the program")
                                        .file(
                                                "/bin/hello",
                                                "#!/bin/sh\necho $GREETING $1; id -u; echo $PWD\n"
                                                        .getBytes(UTF_8),
                                                FileMode.of("0755")))
                        .env("GREETING", "good day")
                        .entrypoint("/bin/hello")
                        .command("to you")
                        .user("7:8")
                        .workingDir("/srv")
                        .label("a", "b")
                        .expose("80")
                        .volume("/data")
                        .stopSignal(Signal.INT)
                        .healthCheck(HealthCheck.command("/bin/sh", "-c", "exit 0"))
                        .author("me")
                        .tag("hello:1");
        assertThat(pelagos.container(image).run().stdout()).isEqualTo("good day to you\n7\n/srv\n");
        var config = image.config();
        assertThat(config.execution().exposedPorts()).containsExactly("80/tcp");
        assertThat(config.execution().volumes()).containsExactly("/data");
        assertThat(config.execution().stopSignal()).isEqualTo("SIGINT");
        assertThat(config.healthCheck()).isEqualTo(HealthCheck.command("/bin/sh", "-c", "exit 0"));
        assertThat(config.author()).isEqualTo("me");
        assertThat(config.platform()).isEqualTo(Platform.current());
        assertThat(config.created()).isEqualTo(Instant.ofEpochSecond(1));
        assertThat(image.layers()).hasSize(2);
        assertThat(config.history())
                .filteredOn(it -> !it.emptyLayer())
                .extracting(ImageConfig.History::createdBy)
                .containsExactly("busybox", "the program");
        assertThat(config.history())
                .extracting(ImageConfig.History::createdBy)
                .contains("ENV GREETING=good day", "USER 7:8");
    }

    @Test
    void twoBuildsAreTheSameImage() throws Exception {
        var source = Files.createDirectories(temporary.resolve("source/sub"));
        Files.writeString(source.resolve("a"), "x");
        Files.createLink(source.resolve("b-c"), source.resolve("a"));
        var first = images.build(base()).layer(tree()).tag("one");
        Files.setLastModifiedTime(
                source.resolve("a"),
                java.nio.file.attribute.FileTime.from(Instant.ofEpochSecond(1_000)));
        try (var other = Pelagos.open(PelagosPaths.under(temporary.resolve("other")));
                var theirs = Images.open(other, ImageOptions.usual().withEnvironment(Map.of()))) {
            var base = theirs.build().layer(busybox()).env("PATH", "/bin").tag("base:1");
            var second = theirs.build(base).layer(tree()).tag("two");
            assertThat(second.digest()).isEqualTo(first.digest());
        }
        try (var dated = images(Map.of("SOURCE_DATE_EPOCH", "1700000000"))) {
            var third = dated.build(base()).layer(tree()).tag("three");
            assertThat(third.digest()).isNotEqualTo(first.digest());
            assertThat(third.config().created()).isEqualTo(Instant.ofEpochSecond(1_700_000_000));
            assertThat(run(third, "stat", "-c", "%Y", "/data/sub/a")).isEqualTo("1700000000\n");
        }
    }

    private LayerFiles tree() {
        return LayerFiles.of("a tree").copy(temporary.resolve("source"), "/data");
    }

    @Test
    void directoriesOnTheWayStayAsTheyAre() throws Exception {
        var image =
                images.build(base())
                        .layer(
                                LayerFiles.of("x")
                                        .file("/tmp/a", new byte[0])
                                        .file("/srv/b/c", new byte[0])
                                        .file("/bin/d", new byte[0]))
                        .tag("x");
        assertThat(run(image, "stat", "-c", "%a %u %g", "/tmp", "/srv", "/srv/b"))
                .isEqualTo("1777 0 0\n750 7 8\n755 0 0\n");
        assertThat(run(image, "ls", "/usr/bin/d", "/bin/sh")).isEqualTo("/bin/sh\n/usr/bin/d\n");
        assertThat(image.layers().getLast().directory().resolve("bin")).doesNotExist();
    }

    @Test
    void whatIsTakenAwayIsGone() throws Exception {
        var image =
                images.build(base())
                        .layer(
                                LayerFiles.of("x")
                                        .delete("/data/one")
                                        .clear("/data/sub")
                                        .file("/data/sub/new", new byte[0])
                                        .delete("/srv")
                                        .directory("/srv"))
                        .tag("x");
        assertThat(run(image, "ls", "/data", "/data/sub", "/srv"))
                .isEqualTo("/data:\nsub\ntwo\n\n/data/sub:\nnew\n\n/srv:\n");
        assertThat(run(image, "stat", "-c", "%a %u", "/srv")).isEqualTo("755 0\n");
    }

    @Test
    void ownersAndPermissionsAreThoseThatAreSet() throws Exception {
        var source = Files.createDirectory(temporary.resolve("source"));
        Files.writeString(source.resolve("f"), "x");
        Files.setPosixFilePermissions(
                source.resolve("f"), PosixFilePermissions.fromString("rw-r-----"));
        Files.setAttribute(source.resolve("f"), "unix:uid", 12);
        var image =
                images.build(base())
                        .layer(
                                LayerFiles.of("x")
                                        .copy(source, "/a")
                                        .copy(source, "/b", Owner.of(3, 4), FileMode.of("0600"))
                                        .copy(source, "/c", Preserve.OWNERS))
                        .tag("x");
        assertThat(run(image, "stat", "-c", "%n %a %u %g", "/a/f", "/b", "/b/f", "/c/f"))
                .isEqualTo("/a/f 640 0 0\n/b 700 3 4\n/b/f 600 3 4\n/c/f 640 12 0\n");
    }

    @Test
    void whatCannotBePutThereIsRefused() throws Exception {
        var base = base();
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () ->
                                images.build(base)
                                        .layer(
                                                LayerFiles.of("x")
                                                        .file("/etc/passwd/x", new byte[0]))
                                        .tag("x"))
                .withMessageContaining("/etc/passwd");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () ->
                                images.build(base)
                                        .layer(
                                                LayerFiles.of("x")
                                                        .link("/l", "data")
                                                        .file("/l/x", new byte[0]))
                                        .tag("x"))
                .withMessageContaining("no directory");
        assertThatIllegalArgumentException().isThrownBy(() -> images.build().tag("x"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> images.build(base).expose("70000"))
                .withMessageContaining("70000");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> images.build(base).healthCheck(HealthCheck.tcp(80)))
                .withMessageContaining("healthCheck");
        assertThat(images.find("x")).isEmpty();
        assertNothingIsLeft();
    }

    private void assertNothingIsLeft() throws IOException {
        for (var directory : List.of("layers", "blobs")) {
            try (var entries = Files.list(pelagos.paths().dataDir().resolve(directory))) {
                assertThat(entries).noneMatch(it -> it.toString().matches(".*\\.(partial|lock)"));
            }
        }
    }

    @Test
    void aJavaProgramRunsFromItsLayers() throws Exception {
        var home = Path.of(System.getProperty("java.home"));
        var classes = Files.createDirectories(temporary.resolve("classes/shop"));
        var source =
                Files.writeString(
                        temporary.resolve("Main.java"),
                        """
                        package shop;

                        public class Main {
                            public static void main(String[] words) throws Exception {
                                try (var in = Main.class.getResourceAsStream("/shop/greeting")) {
                                    System.out.println(new String(in.readAllBytes()) + words[0]);
                                }
                            }
                        }
                        """);
        var compiler =
                new ProcessBuilder(
                                home + "/bin/javac",
                                "-d",
                                classes.getParent().toString(),
                                source.toString())
                        .inheritIO()
                        .start();
        assertThat(compiler.waitFor()).isZero();
        Files.writeString(classes.resolve("greeting"), "hello ");
        var app =
                JavaApp.of("shop.Main")
                        .java(home + "/bin/java")
                        .options("-Xshare:auto", "-XX:TieredStopAtLevel=1")
                        .classes(classes.getParent());
        var base =
                images.build()
                        .layer(LayerFiles.of("places").directory("/usr").directory("/tmp"))
                        .tag("places");
        var image = images.build(base).app(app).tag("app");
        var container = pelagos.container(image).command("world");
        for (var path : List.of("/usr", "/lib", "/lib64", home.toString())) {
            if (Files.exists(Path.of(path))) {
                container.mount(Mount.readOnly(Path.of(path), path));
            }
        }
        assertThat(container.run().stdout()).isEqualTo("hello world\n");
        var again = images.build(base).app(app).tag("again");
        assertThat(again.digest()).isEqualTo(image.digest());
        Files.writeString(classes.resolve("greeting"), "good day ");
        var changed = images.build(base).app(app).tag("changed");
        assertThat(changed.layers().getLast()).isEqualTo(image.layers().getLast());
        assertThat(changed.layers().get(1)).isNotEqualTo(image.layers().get(1));
    }

    @Test
    void anArchiveOfARootBecomesAnImage() throws Exception {
        var program = Files.readAllBytes(Path.of("/bin/busybox"));
        var archive =
                Tars.tar()
                        .directory("bin/")
                        .file(
                                "bin/sh",
                                new String(program, java.nio.charset.StandardCharsets.ISO_8859_1),
                                0755,
                                java.nio.charset.StandardCharsets.ISO_8859_1)
                        .bytes();
        var plain =
                images.importRootfs(new ByteArrayInputStream(archive))
                        .command("/bin/sh", "-c", "echo $A")
                        .env("A", "imported")
                        .tag("plain");
        assertThat(pelagos.container(plain).run().stdout()).isEqualTo("imported\n");
        var gzip = images.importRootfs(new ByteArrayInputStream(Tars.gzip(archive))).tag("gzip");
        var zstd =
                images.importRootfs(
                                new ByteArrayInputStream(
                                        com.github.luben.zstd.Zstd.compress(archive)))
                        .tag("zstd");
        assertThat(gzip.layers().getFirst().diffId())
                .isEqualTo(zstd.layers().getFirst().diffId())
                .isEqualTo(plain.layers().getFirst().diffId());
        for (var by : Compressed.values()) {
            // Registries take neither, so it is kept as if it had not been compressed.
            var image =
                    images.importRootfs(new ByteArrayInputStream(by.of(archive))).tag(by.program());
            assertThat(image.layers()).isEqualTo(plain.layers());
        }
        assertThat(zstd.layers().getFirst().mediaType()).endsWith("+zstd");
        assertThat(zstd.layers().getFirst().directory().resolve("bin/sh")).exists();
        assertNothingIsLeft();
    }

    @Test
    void aHostileArchiveLeavesNothing() throws Exception {
        var archive = Tars.tar().file("../../escaped", "x").bytes();
        for (var form :
                List.of(
                        archive,
                        Tars.gzip(archive),
                        Compressed.XZ.of(archive),
                        Compressed.BZIP2.of(archive),
                        "no archive at all".getBytes(UTF_8))) {
            assertThatExceptionOfType(Exception.class)
                    .isThrownBy(() -> images.importRootfs(new ByteArrayInputStream(form)).tag("x"))
                    .matches(
                            it ->
                                    it instanceof BadContentException
                                            || it instanceof io.pelagos.image.spec.ImageException);
        }
        assertThat(images.list()).isEmpty();
        for (var directory : List.of("layers", "blobs")) {
            try (var entries = Files.list(pelagos.paths().dataDir().resolve(directory))) {
                assertThat(entries).isEmpty();
            }
        }
    }
}
