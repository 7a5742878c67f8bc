package io.pelagos.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.pelagos.core.Pelagos;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.image.fixtures.DockerRegistry;
import io.pelagos.image.fixtures.Noise;
import io.pelagos.image.fixtures.Podman;
import io.pelagos.image.fixtures.Tars;
import io.pelagos.image.fixtures.TreeListing;
import io.pelagos.image.testing.TestRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Other tools and us, by way of the registry for tests and of a real one: what we push they pull,
 * what they push we pull, and it is the same.
 */
class PartnersIT {
    private static final ImageOptions OPTIONS =
            ImageOptions.usual().withEnvironment(Map.of()).withAttempts(2, Duration.ofMillis(1));

    @TempDir private Path temporary;

    private TestRegistry forTests;
    private DockerRegistry real;
    private Pelagos pelagos;
    private Images images;
    private Image source;

    /** Does something with a registry by its address. */
    @FunctionalInterface
    private interface Exchange {
        void through(String address) throws Exception;
    }

    @BeforeEach
    void start() throws Exception {
        forTests = TestRegistry.start();
        real = DockerRegistry.start(temporary);
        pelagos = Pelagos.open(PelagosPaths.under(temporary.resolve("pelagos")));
        images = Images.open(pelagos, OPTIONS);
        forTests.putImage(
                "source:1", "{\"config\":{\"Cmd\":[\"cat\",\"/etc/two\"]}}", List.of(one(), two()));
        source = images.pull(forTests.address() + "/source:1");
    }

    @AfterEach
    void stop() {
        images.close();
        pelagos.close();
        real.close();
        forTests.close();
    }

    private static byte[] one() throws IOException {
        var program = new String(Files.readAllBytes(Path.of("/bin/busybox")), ISO_8859_1);
        return Tars.tar()
                .file("bin/busybox", program, 0755, ISO_8859_1)
                .symlink("bin/cat", "busybox")
                .file("etc/one", "1")
                .file("noise", Noise.of(100_000, 9))
                .gzip();
    }

    private static byte[] two() {
        return Tars.tar()
                .file("etc/.wh.one", "")
                .file("etc/two", "two")
                .hardLink("etc/same", "etc/two")
                .gzip();
    }

    private Stream<DynamicTest> throughBoth(Exchange exchange) {
        return Stream.of(
                dynamicTest("the registry for tests", () -> exchange.through(forTests.address())),
                dynamicTest("Debian's registry", () -> exchange.through(real.address())));
    }

    private String run(String... command) throws Exception {
        assumeTrue(
                Files.isExecutable(Path.of("/usr/bin/" + command[0])),
                command[0] + " is not installed");
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }

    private void skopeo(String from, String to) throws Exception {
        var command = new ArrayList<>(List.of("skopeo", "--insecure-policy", "copy", "--quiet"));
        command.addAll(List.of("--src-tls-verify=false", "--dest-tls-verify=false", from, to));
        run(command.toArray(String[]::new));
    }

    /** What they have made of it may be compressed otherwise, but holds the same. */
    private void assertSame(Image other) throws Exception {
        assertThat(other.config().diffIds()).isEqualTo(source.config().diffIds());
        assertThat(other.layers()).hasSameSizeAs(source.layers());
        for (int i = 0; i < source.layers().size(); i++) {
            assertThat(listing(other.layers().get(i))).isEqualTo(listing(source.layers().get(i)));
        }
        assertThat(pelagos.container(other).run().stdout()).isEqualTo("two");
    }

    /** A directory that no archive names has the time at which it was made. */
    private static Map<String, String> listing(Layer layer) throws Exception {
        var all = new TreeMap<>(TreeListing.of(layer.directory()));
        all.replaceAll((_, about) -> about.replaceFirst("^(4\\d+ \\S+) \\S+", "$1"));
        return all;
    }

    @TestFactory
    Stream<DynamicTest> skopeoTakesAndBringsBack() {
        return throughBoth(
                address -> {
                    var layout = Files.createTempDirectory(temporary, "layout") + "/l";
                    images.tag(source.reference().toString(), address + "/ours:1");
                    images.push(address + "/ours:1");
                    skopeo("docker://" + address + "/ours:1", "oci:" + layout + ":v1");
                    assertSame(images.load(Path.of(layout), "layout:1").getFirst());
                    skopeo("oci:" + layout + ":v1", "docker://" + address + "/theirs:1");
                    var theirs = images.pull(address + "/theirs:1");
                    assertThat(theirs.digest()).isEqualTo(source.digest());
                    assertSame(theirs);
                });
    }

    @TestFactory
    Stream<DynamicTest> podmanTakesAndBringsBack() throws Exception {
        var podman = Podman.in(temporary);
        return throughBoth(
                address -> {
                    images.tag(source.reference().toString(), address + "/ours:1");
                    images.push(address + "/ours:1");
                    podman.run("pull", "--quiet", "--tls-verify=false", address + "/ours:1");
                    assertThat(
                                    podman.run(
                                            "image",
                                            "inspect",
                                            "--format={{.Digest}}",
                                            address + "/ours:1"))
                            .isEqualToIgnoringNewLines(source.digest().toString());
                    podman.run(
                            "push",
                            "--quiet",
                            "--tls-verify=false",
                            address + "/ours:1",
                            address + "/podman/theirs:1");
                    assertSame(images.pull(address + "/podman/theirs:1"));
                });
    }

    @TestFactory
    Stream<DynamicTest> umociUnpacksAndAdds() {
        return throughBoth(
                address -> {
                    var directory = Files.createTempDirectory(temporary, "umoci");
                    var layout = directory.resolve("layout");
                    var bundle = directory.resolve("bundle");
                    images.tag(source.reference().toString(), address + "/ours:1");
                    images.push(address + "/ours:1");
                    skopeo("docker://" + address + "/ours:1", "oci:" + layout + ":v1");
                    run("umoci", "unpack", "--image", layout + ":v1", bundle.toString());
                    assertThat(bundle.resolve("rootfs/etc/one")).doesNotExist();
                    assertThat(bundle.resolve("rootfs/etc/two")).hasContent("two");
                    Files.writeString(bundle.resolve("rootfs/etc/two"), "three");
                    Files.delete(bundle.resolve("rootfs/noise"));
                    run("umoci", "repack", "--image", layout + ":v2", bundle.toString());
                    skopeo("oci:" + layout + ":v2", "docker://" + address + "/umoci:2");
                    var theirs = images.pull(address + "/umoci:2");
                    assertThat(theirs.layers()).hasSize(3);
                    assertThat(theirs.layers().subList(0, 2)).isEqualTo(source.layers());
                    assertThat(pelagos.container(theirs).run().stdout()).isEqualTo("three");
                    assertThat(pelagos.container(theirs).command("cat", "/noise").run().success())
                            .isFalse();
                });
    }
}
