package io.pelagos.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pelagos.core.Pelagos;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.image.fixtures.DockerRegistry;
import io.pelagos.image.fixtures.Tars;
import io.pelagos.image.fixtures.TestImage;
import io.pelagos.image.spec.BadContentException;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageConfig;
import io.pelagos.image.spec.ImageInUseException;
import io.pelagos.image.spec.ImageNotFoundException;
import io.pelagos.image.spec.MediaType;
import io.pelagos.image.spec.Platform;
import io.pelagos.image.spec.RegistryException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images of a real registry, pulled, kept and run. */
class ImagesIT {
    private static final ImageOptions OPTIONS =
            ImageOptions.usual().withEnvironment(Map.of()).withAttempts(2, Duration.ofMillis(1));

    @TempDir private Path temporary;

    private DockerRegistry registry;
    private Pelagos pelagos;
    private Images images;

    @BeforeEach
    void open() throws IOException {
        registry = DockerRegistry.start(temporary);
        pelagos = Pelagos.open(PelagosPaths.under(temporary.resolve("pelagos")));
        images = Images.open(pelagos, OPTIONS);
    }

    @AfterEach
    void close() {
        images.close();
        pelagos.close();
        registry.close();
    }

    private String name(String rest) {
        return registry.address() + "/" + rest;
    }

    private static ImageConfig.Execution execution(
            String user, List<String> env, List<String> entrypoint, List<String> cmd) {
        return new ImageConfig.Execution(
                user,
                List.of("6379/tcp"),
                env,
                entrypoint,
                cmd,
                List.of(),
                "/tmp",
                Map.of("a", "b"),
                "SIGINT",
                List.of(),
                null);
    }

    private TestImage busybox() throws IOException {
        return TestImage.image().busybox();
    }

    @Test
    void whatTheImageSaysApplies() throws Exception {
        busybox()
                .execution(
                        execution(
                                "web",
                                List.of("COLOR=green"),
                                List.of("/bin/sh", "-c"),
                                List.of("echo $COLOR; pwd; id -u; id -g")))
                .push(name("shop/app:1"));
        var image = images.pull(name("shop/app:1"));
        assertThat(pelagos.container(image).run().stdout()).isEqualTo("green\n/tmp\n33\n34\n");
        assertThat(pelagos.container(image).command("echo other").run().stdout())
                .isEqualTo("other\n");
        assertThat(pelagos.container(image).entrypoint("/bin/echo").command("x").run().stdout())
                .isEqualTo("x\n");
        var spec = pelagos.container(image).spec();
        assertThat(spec.stopSignal().name()).isEqualTo("SIGINT");
        assertThat(spec.labels()).containsEntry("a", "b");
    }

    @Test
    void layersHideWhatIsBelowThem() throws Exception {
        busybox()
                .layer(Tars.tar().file("data/one", "1").file("data/two", "2").bytes())
                .layer(Tars.tar().file("data/.wh.one", "").file("data/three", "3").bytes())
                .push(name("layers"));
        var image = images.pull(name("layers"));
        assertThat(pelagos.container(image).command("ls", "/data").run().stdout())
                .isEqualTo("three\ntwo\n");
        assertThat(image.layers()).hasSize(3);
    }

    @Test
    void aPullThatFindsNothingNewAsksOnce() throws Exception {
        busybox().push(name("app"));
        var first = images.pull(name("app"));
        int before = requests();
        var phases = new ConcurrentLinkedQueue<PullListener.Phase>();
        assertThat(images.pull(name("app"), it -> phases.add(it.phase()))).isEqualTo(first);
        assertThat(phases).containsExactly(PullListener.Phase.PRESENT);
        assertThat(requests() - before).isEqualTo(1);
        assertThat(images.pull(name("app") + "@" + first.digest()).layers())
                .isEqualTo(first.layers());
    }

    private int requests() {
        return (int) registry.log().stream().filter(it -> it.contains(" HTTP/1.1\" ")).count();
    }

    @Test
    void anotherImageUnderTheTagIsFetched() throws Exception {
        busybox().push(name("app"));
        var first = images.pull(name("app"));
        busybox().layer(Tars.tar().file("new", "x").bytes()).push(name("app"));
        assertThat(images.ensure(name("app"))).isEqualTo(first);
        var second = images.pull(name("app"));
        assertThat(second.layers()).hasSize(2);
        assertThat(images.list()).containsExactly(second);
    }

    private void assertNothingIsThere() throws IOException {
        assertThat(images.list()).isEmpty();
        for (var directory : List.of("layers", "images")) {
            try (var entries = Files.list(pelagos.paths().dataDir().resolve(directory))) {
                assertThat(entries).isEmpty();
            }
        }
    }

    @Test
    void aLayerThatIsNotWhatTheConfigurationSaysIsNeverSeen() throws Exception {
        var tar = Tars.tar().file("a", "x").bytes();
        TestImage.image()
                .layer(Tars.gzip(tar), MediaType.OCI_LAYER_GZIP, Digest.of("other".getBytes(UTF_8)))
                .push(name("liar"));
        assertThatExceptionOfType(BadContentException.class)
                .isThrownBy(() -> images.pull(name("liar")))
                .withMessageContaining("another digest")
                .withMessageContaining(Digest.of(tar).toString());
        assertNothingIsThere();
    }

    @Test
    void aHostileLayerIsNeverSeen() throws Exception {
        var tar = Tars.tar().file("../../../escaped", "x").bytes();
        TestImage.image().layer(tar).push(name("hostile"));
        assertThatExceptionOfType(BadContentException.class)
                .isThrownBy(() -> images.pull(name("hostile")))
                .withMessageContaining("leads out");
        assertNothingIsThere();
    }

    @Test
    void compressionIsFoundOutWhateverTheMediaTypeSays() throws Exception {
        var tar = Tars.tar().file("a", "x".repeat(100_000)).bytes();
        for (var blob : List.of(tar, Tars.gzip(tar), com.github.luben.zstd.Zstd.compress(tar))) {
            var name = name("kind" + blob.length);
            TestImage.image().layer(blob, MediaType.OCI_LAYER_GZIP, Digest.of(tar)).push(name);
            assertThat(images.pull(name).layers().getFirst().directory().resolve("a")).exists();
        }
    }

    @Test
    void aPlatformThatIsMissingIsNamedWithThoseThatAreThere() throws Exception {
        busybox().push(name("app"));
        var other = Platform.parse("linux/riscv64");
        images.pull(name("app"));
        assertThatExceptionOfType(ImageNotFoundException.class)
                .isThrownBy(
                        () ->
                                images.pull(
                                        name("app"),
                                        PullOptions.usual()
                                                .forPlatform(other)
                                                .asking(PullOptions.Policy.NEVER)));
    }

    @Test
    void whatIsNotThereIsSaidSo() {
        assertThatExceptionOfType(ImageNotFoundException.class)
                .isThrownBy(() -> images.pull(name("nothing:7")))
                .withMessageContaining("MANIFEST_UNKNOWN");
        assertThatExceptionOfType(ImageNotFoundException.class)
                .isThrownBy(
                        () ->
                                images.pull(
                                        "redis",
                                        PullOptions.usual().asking(PullOptions.Policy.NEVER)))
                .withMessageContaining("redis:latest");
        assertThatExceptionOfType(RegistryException.class)
                .isThrownBy(() -> images.pull("127.0.0.1:1/x"))
                .withMessageContaining("Failed to connect");
    }

    @Test
    void manyPullTheSameAndItIsFetchedOnce() throws Exception {
        busybox().push(name("app"));
        var threads = new ArrayList<Thread>();
        var failures = new ConcurrentLinkedQueue<Exception>();
        int before = requests();
        for (int i = 0; i < 8; i++) {
            threads.add(
                    Thread.ofVirtual()
                            .start(
                                    () -> {
                                        try {
                                            images.pull(name("app"));
                                        } catch (Exception e) {
                                            failures.add(e);
                                        }
                                    }));
        }
        for (var thread : threads) {
            thread.join();
        }
        assertThat(failures).isEmpty();
        var layer = images.get(name("app")).layers().getFirst().digest().toString();
        assertThat(
                        registry.log().stream()
                                .skip(before)
                                .filter(
                                        it ->
                                                it.contains("GET /v2/app/blobs/" + layer)
                                                        && it.contains("HTTP/1.1\" 200")))
                .hasSize(1);
    }

    @Test
    void namesComeAndGo() throws Exception {
        busybox().push(name("app"));
        var image = images.pull(name("app"));
        var other = images.tag(name("app"), "mine:1");
        assertThat(other.digest()).isEqualTo(image.digest());
        assertThat(images.list())
                .extracting(it -> it.reference().toString())
                .containsExactly(name("app:latest"), "docker.io/library/mine:1");
        assertThat(images.find(image.digest().shortHex())).isPresent();
        images.remove(name("app"));
        assertThat(images.prune()).isZero();
        try (var container = pelagos.container(other).command("sleep", "100").start()) {
            assertThatExceptionOfType(ImageInUseException.class)
                    .isThrownBy(() -> images.remove("mine:1"))
                    .withMessageContaining(container.name());
            images.remove("mine:1", true);
            assertThat(images.prune()).isZero();
        }
        assertThat(images.prune()).isPositive();
        assertNothingIsThere();
    }

    @Test
    void whatIsPushedIsTheSame() throws Exception {
        var digest = busybox().push(name("app"));
        images.pull(name("app"));
        images.tag(name("app"), name("copy:2"));
        assertThat(images.push(name("copy:2"))).isEqualTo(1);
        assertThat(images.push(name("copy:2"))).isZero();
        images.remove(name("copy:2"));
        assertThat(images.pull(name("copy:2")).digest()).isEqualTo(digest);
    }

    @Test
    void whatACrashHasLeftGoesWithTheNextOpening() throws Exception {
        var layers = pelagos.paths().images().layersDir();
        var hex = "a".repeat(64);
        Files.createDirectories(layers.resolve(hex + ".partial/etc"));
        Files.writeString(layers.resolve(hex + ".lock"), "");
        Files.writeString(pelagos.paths().images().blobsDir().resolve(hex + ".partial"), "x");
        Images.open(pelagos, OPTIONS).close();
        assertNothingIsThere();
    }

    @Test
    void whatIsSavedIsLoadedAgainAndTheSame() throws Exception {
        var digest = busybox().layer(Tars.tar().file("x", "y").bytes()).push(name("app:1"));
        images.pull(name("app:1"));
        var archive = temporary.resolve("app.tar");
        for (int i = 0; i < 2; i++) {
            var before = Files.exists(archive) ? Files.readAllBytes(archive) : null;
            try (var out = Files.newOutputStream(archive)) {
                images.save(out, List.of(name("app:1")));
            }
            assertThat(
                            before == null
                                    || java.util.Arrays.equals(before, Files.readAllBytes(archive)))
                    .isTrue();
        }
        images.remove(name("app:1"));
        images.prune();
        assertThat(images.load(archive))
                .singleElement()
                .satisfies(it -> assertThat(it.digest()).isEqualTo(digest));
        assertThat(images.load(archive, "other:2").getFirst().reference().familiar())
                .isEqualTo("other:2");
        assertThat(pelagos.container(images.get("other:2")).command("cat", "/x").run().stdout())
                .isEqualTo("y");
    }

    private void skopeo(String... arguments) throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/skopeo")), "skopeo is not installed");
        var command = new ArrayList<>(List.of("skopeo", "--insecure-policy"));
        command.addAll(List.of(arguments));
        var process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(temporary.resolve("skopeo.log").toFile())
                        .start();
        assertThat(process.waitFor()).as(() -> read(temporary.resolve("skopeo.log"))).isZero();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    @Test
    void otherToolsReadWhatIsSavedAndWriteWhatIsLoaded() throws Exception {
        busybox().push(name("app:1"));
        var image = images.pull(name("app:1"));
        var ours = temporary.resolve("ours.tar");
        try (var out = Files.newOutputStream(ours)) {
            images.save(out, List.of(name("app:1")));
        }
        var source = "oci-archive:" + ours;
        var docker = temporary.resolve("docker.tar");
        var layout = temporary.resolve("layout");
        skopeo("copy", source, "docker-archive:" + docker + ":shop/app:3");
        skopeo("copy", source, "oci:" + layout + ":v1");
        var loaded = images.load(docker).getFirst();
        assertThat(loaded.reference().familiar()).isEqualTo("shop/app:3");
        assertThat(pelagos.container(loaded).command("echo", "x").run().stdout()).isEqualTo("x\n");
        assertThat(images.load(layout, "layout:1").getFirst().digest()).isEqualTo(image.digest());
    }

    @Test
    void aDamagedArchiveIsNeverSeen() throws Exception {
        busybox().push(name("app:1"));
        images.pull(name("app:1"));
        var layout = temporary.resolve("layout");
        var archive = temporary.resolve("app.tar");
        try (var out = Files.newOutputStream(archive)) {
            images.save(out, List.of(name("app:1")));
        }
        skopeo("copy", "oci-archive:" + archive, "oci:" + layout + ":v1");
        var layer = images.get(name("app:1")).layers().getFirst().digest();
        images.remove(name("app:1"));
        images.prune();
        var blob = layout.resolve("blobs/sha256/" + layer.hex());
        var bytes = Files.readAllBytes(blob);
        bytes[bytes.length / 2] ^= 1;
        Files.write(blob, bytes);
        assertThatExceptionOfType(BadContentException.class)
                .isThrownBy(() -> images.load(layout, "x"))
                .withMessageContaining("damaged");
        assertThat(blob).exists();
        assertNothingIsThere();
    }

    @Test
    void whatDetachedContainersStandOnStays() throws Exception {
        busybox().push(name("app"));
        var image = images.pull(name("app"));
        var container =
                pelagos.container(image).command("sleep", "100").name("kept").startDetached();
        try (var other = Pelagos.open(pelagos.paths());
                var theirs = Images.open(other, OPTIONS)) {
            assertThatExceptionOfType(ImageInUseException.class)
                    .isThrownBy(() -> theirs.remove(name("app")))
                    .withMessageContaining("kept");
            theirs.remove(name("app"), true);
            assertThat(theirs.prune()).isZero();
            container.remove(true);
            assertThat(theirs.prune()).isPositive();
        }
    }
}
