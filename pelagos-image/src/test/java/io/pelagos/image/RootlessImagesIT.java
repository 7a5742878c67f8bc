package io.pelagos.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.Pelagos;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.image.fixtures.OrdinaryUser;
import io.pelagos.image.fixtures.RootlessMain;
import io.pelagos.image.fixtures.Tars;
import io.pelagos.image.testing.TestRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images of an ordinary user, and what root makes of them. */
class RootlessImagesIT {
    private static final ImageOptions OPTIONS =
            ImageOptions.usual().withEnvironment(Map.of()).withAttempts(2, Duration.ofMillis(1));

    @TempDir private Path temporary;

    private OrdinaryUser user;
    private TestRegistry registry;

    @BeforeEach
    void start() throws Exception {
        user = OrdinaryUser.make(temporary);
        registry = TestRegistry.start();
        registry.putImage("app:1", lower(), upper());
    }

    @AfterEach
    void stop() throws Exception {
        registry.close();
        user.close();
    }

    private static byte[] lower() throws IOException {
        var program = new String(Files.readAllBytes(Path.of("/bin/busybox")), ISO_8859_1);
        var tar = Tars.tar().file("bin/busybox", program, 0755, ISO_8859_1);
        for (var name : List.of("sh", "cat", "id", "ls", "stat")) {
            tar.symlink("bin/" + name, "busybox");
        }
        return tar.file("data/gone", "x")
                .file("data/kept", "x")
                .file("opaque/gone", "x")
                .file("replaced/gone", "x")
                .gzip();
    }

    /** Directories without the right to write or to read, as Fedora and others have them. */
    private static byte[] upper() {
        return Tars.tar()
                .directory("locked/", 0555)
                .file("locked/file", "locked")
                .directory("secret/", 0)
                .file("secret/file", "secret")
                .file("su", "x", 04755, 33, 34)
                .file("quiet", "x", 0444, Map.of("SCHILY.xattr.user.note", "kept"))
                .file("data/.wh.gone", "")
                .directory("opaque/", 0555)
                .file("opaque/.wh..wh..opq", "")
                .file("opaque/new", "x")
                .file(".wh.replaced", "")
                .directory("replaced/", 0711)
                .file("replaced/new", "x")
                .device("made/null", 1, 3)
                .fifo("made/pipe")
                .gzip();
    }

    private void assertRuns(Map<String, String> results) {
        var text = results.toString();
        assertThat(results.get("identity")).as(text).isEqualTo("0 0");
        assertThat(results.get("tree"))
                .isEqualTo("/data: . .. kept /opaque: . .. new /replaced: . .. new locked");
        assertThat(results.get("modes")).isEqualTo("555 /locked 0 /secret 4755 /su 444 /quiet");
        assertThat(results.get("owner")).isEqualTo("0:0");
        assertThat(results.get("written")).isEqualTo("x");
        assertThat(results.get("device")).isEqualTo("pipe");
        assertThat(results.get("opaque")).isEqualTo("y");
        assertThat(results.get("note")).isEqualTo("kept");
        assertThat(results.get("whiteout")).isEqualTo("0");
    }

    @Test
    void aUserPullsAndRunsAndRemoves() throws Exception {
        var results =
                user.run(
                        RootlessMain.class,
                        user.home().resolve("p").toString(),
                        registry.address() + "/app:1",
                        "remove");
        assertRuns(results);
        assertThat(results.get("again")).isEqualTo("true");
        // Nothing of what only root unpacks is missed; a file that was added is, and goes.
        assertThat(results.get("verified")).isEqualTo("[] 1 true");
        assertThat(results.get("removed")).isEqualTo("true 0");
    }

    @Test
    void aUserRunsWhatAnArchiveHas() throws Exception {
        var archive = temporary.resolve("app.tar");
        try (var pelagos = Pelagos.open(PelagosPaths.under(temporary.resolve("root")));
                var images = Images.open(pelagos, OPTIONS)) {
            images.pull(registry.address() + "/app:1");
            try (var out = Files.newOutputStream(archive)) {
                images.save(out, List.of(registry.address() + "/app:1"));
            }
        }
        assertRuns(
                user.run(
                        RootlessMain.class,
                        user.home().resolve("p").toString(),
                        archive.toString()));
    }

    @Test
    void rootDoesNotTakeWhatAUserHasUnpacked() throws Exception {
        var store = user.home().resolve("p");
        var name = registry.address() + "/app:1";
        assertRuns(user.run(RootlessMain.class, store.toString(), name));
        registry.clearRequests();
        try (var pelagos = Pelagos.open(PelagosPaths.under(store));
                var images = Images.open(pelagos, OPTIONS)) {
            var layer = images.get(name).layers().getLast();
            assertThat(layer.directory().resolveSibling(layer.digest().hex() + ".rootless"))
                    .exists();
            assertThat(owner(layer)).isEqualTo(user.uid());
            var image = images.pull(name);
            assertThat(owner(image.layers().getLast())).isEqualTo(33);
            assertThat(layer.directory().resolveSibling(layer.digest().hex() + ".rootless"))
                    .doesNotExist();
            assertThat(layer.directory().resolve("made/null")).exists();
            assertThat(
                            pelagos.container(image)
                                    .command("stat", "-c", "%u:%g", "/su")
                                    .run()
                                    .stdout())
                    .isEqualTo("33:34\n");
            // The compressed layers are as good as they were.
            assertThat(registry.requests())
                    .filteredOn(it -> it.method().equals("GET"))
                    .noneMatch(it -> it.path().endsWith(layer.digest().hex()));
            images.remove(name);
            assertThat(images.prune()).isPositive();
        }
    }

    private static int owner(Layer layer) throws IOException {
        return (int)
                Files.getAttribute(
                        layer.directory().resolve("su"), "unix:uid", LinkOption.NOFOLLOW_LINKS);
    }
}
