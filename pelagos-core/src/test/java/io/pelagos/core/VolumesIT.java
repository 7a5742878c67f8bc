package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.testing.InSandbox;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** Named volumes. */
class VolumesIT extends InSandbox {
    private Volumes volumes() {
        return sandbox.pelagos().volumes();
    }

    private ContainerBuilder sh(Volume volume, String script) {
        return sandbox.sh(script).mount(volume.at("/data"));
    }

    @Test
    void whatIsWrittenStaysForTheNext() throws Exception {
        var volume = volumes().create("kept");
        assertThat(sh(volume, "echo text > /data/file").run().success()).isTrue();
        assertThat(sh(volumes().find("kept"), "cat /data/file").run().stdout()).isEqualTo("text\n");
        assertThat(volumes().create("kept").path().resolve("file")).hasContent("text\n");
        assertThat(volumes().list()).extracting(Volume::name).containsExactly("kept");
    }

    private Path inRoot(String path) {
        return sandbox.root().path().resolve(path);
    }

    @Test
    void aNewOneGetsWhatTheRootHasThereAndALaterOneDoesNot() throws Exception {
        Files.createDirectories(inRoot("data/sub"));
        Files.writeString(inRoot("data/sub/file"), "of the root");
        Files.setPosixFilePermissions(
                inRoot("data/sub/file"), PosixFilePermissions.fromString("rwx--x---"));
        Files.setAttribute(inRoot("data/sub/file"), "unix:uid", 1234);
        Files.createSymbolicLink(inRoot("data/link"), Path.of("/etc/passwd"));
        var volume = volumes().create("new");
        var script = "stat -c '%u %a' /data/sub/file; readlink /data/link; rm -r /data/sub";
        assertThat(sh(volume, script).run().stdout()).isEqualTo("1234 710\n/etc/passwd\n");
        assertThat(sh(volume, "ls /data").run().stdout()).isEqualTo("link\n");
        assertThat(inRoot("data/sub/file")).hasContent("of the root");
        assertThat(directory.resolve("pelagos/data/volumes"))
                .isDirectoryNotContaining("glob:**.fill*");
    }

    @Test
    void layersGiveTheirsToo() throws Exception {
        var upper = Files.createDirectories(directory.resolve("layer/data"));
        Files.writeString(upper.resolve("file"), "of a layer");
        var volume = volumes().create("layered");
        var result =
                sandbox.pelagos()
                        .container(Rootfs.layers(List.of(sandbox.root().path(), upper.getParent())))
                        .command("cat", "/data/file")
                        .mount(volume.at("/data"))
                        .run();
        assertThat(result.stdout()).isEqualTo("of a layer");
    }

    @Test
    void manyThatStartAtOnceFillItOnce() throws Exception {
        Files.createDirectories(inRoot("data"));
        for (int i = 0; i < 50; i++) {
            Files.writeString(inRoot("data/" + i), "x");
        }
        var volume = volumes().create("shared");
        try (var threads = Executors.newFixedThreadPool(8)) {
            var starts = new ArrayList<Callable<String>>();
            for (int i = 0; i < 16; i++) {
                starts.add(() -> sh(volume, "ls /data | wc -l").run().stdout().strip());
            }
            for (var count : threads.invokeAll(starts)) {
                assertThat(count.get()).isEqualTo("50");
            }
        }
    }

    @Test
    void oneInUseIsNotRemoved() throws Exception {
        var volume = volumes().create("used");
        var idle = volumes().create("idle");
        try (var container = sh(volume, "sleep 1000").name("user").start()) {
            assertThat(volumes().find("used").users()).containsExactly("user");
            assertThatThrownBy(() -> volumes().remove("used"))
                    .isInstanceOf(VolumeException.class)
                    .hasMessageContaining("used by user");
            assertThat(volumes().prune()).containsExactly(idle.name());
            container.kill();
        }
        volumes().remove("used");
        assertThat(volumes().list()).isEmpty();
        assertThatThrownBy(() -> volumes().find("used")).isInstanceOf(VolumeException.class);
    }

    @Test
    void oneOfADetachedContainerIsInUseAlsoWhenThatHasEnded() throws Exception {
        var volume = volumes().create("detached");
        var container = sh(volume, "true").name("ended").startDetached();
        container.waitFor();
        assertThatThrownBy(() -> volumes().remove("detached"))
                .isInstanceOf(VolumeException.class)
                .hasMessageContaining("ended");
        container.remove(true);
        volumes().remove("detached");
    }

    @Test
    void labelsSayWhichAreListedAndRemoved() {
        volumes().create("plain");
        var volume = volumes().create("labelled", Map.of("app", "shop", "tier", ""));
        assertThat(volume.labels()).isEqualTo(Map.of("app", "shop", "tier", ""));
        assertThat(volumes().create("labelled", Map.of("app", "other")).labels())
                .containsEntry("app", "shop");
        assertThat(volumes().list(VolumeFilter.label("tier")))
                .extracting(Volume::name)
                .containsExactly("labelled");
        assertThat(volumes().list(VolumeFilter.label("app", "x"))).isEmpty();
        assertThat(volumes().list(VolumeFilter.name("lai"), VolumeFilter.used(false))).hasSize(1);
        assertThat(volumes().prune(VolumeFilter.label("app", "shop"))).containsExactly("labelled");
        assertThat(volumes().list()).extracting(Volume::name).containsExactly("plain");
        // A later one of the same name has nothing of it.
        assertThat(volumes().create("labelled").labels()).isEmpty();
        assertThatThrownBy(() -> volumes().create("x", Map.of("", "y")))
                .isInstanceOf(InvalidSpecException.class)
                .hasMessageContaining("label");
        assertThat(volumes().list(VolumeFilter.name("x"))).isEmpty();
    }

    @Test
    void aVolumeWhoseLabelsCannotBeWrittenIsNotMade() throws Exception {
        var labels = sandbox.pelagos().paths().volumeLabels("x").getParent();
        Files.createDirectories(labels.getParent());
        Files.writeString(labels, "in the way");
        assertThatThrownBy(() -> volumes().create("x", Map.of("app", "shop")))
                .isInstanceOf(UncheckedIOException.class);
        assertThat(volumes().list()).isEmpty();
        Files.delete(labels);
        assertThat(volumes().create("x", Map.of("app", "shop")).labels()).hasSize(1);
    }

    @Test
    void labelsThatACrashHasLeftAreNotThoseOfALaterVolume() throws Exception {
        var volume = volumes().create("x", Map.of("app", "shop"));
        Files.delete(volume.path());
        assertThat(volumes().create("x").labels()).isEmpty();
    }

    @Test
    void whatALaterContainerFindsHasTheAttributesOfTheRoot() throws Exception {
        Files.createDirectories(inRoot("data"));
        Files.setAttribute(inRoot("data"), "unix:uid", 12);
        Files.setAttribute(inRoot("data"), "unix:mode", 0750);
        var file = Files.writeString(inRoot("data/file"), "x");
        Files.setAttribute(file, "unix:mode", 04711);
        Files.setAttribute(
                file, "user:note", "kept".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        Files.createLink(inRoot("data/hard"), file);
        var volume = volumes().create("exact");
        var script = "stat -c '%u %a' /data; stat -c '%h %a' /data/file";
        assertThat(sh(volume, script).run().stdout()).isEqualTo("12 750\n2 4711\n");
        assertThat((byte[]) Files.getAttribute(volume.path().resolve("file"), "user:note"))
                .isEqualTo("kept".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    @Test
    void hostileNamesAreRefusedAndLinksAreNoVolumes() throws Exception {
        for (var name : List.of("", "..", "a/b", ".hidden", "-x", "a\0b", "x".repeat(200))) {
            assertThatThrownBy(() -> volumes().create(name))
                    .isInstanceOf(InvalidSpecException.class)
                    .hasMessageContaining("volume");
        }
        var real = volumes().create("real");
        var outside = Files.createDirectory(directory.resolve("outside"));
        Files.createSymbolicLink(real.path().resolveSibling("link"), outside);
        assertThat(volumes().list()).extracting(Volume::name).containsExactly("real");
        assertThatThrownBy(() -> volumes().remove("link")).isInstanceOf(VolumeException.class);
        Files.writeString(outside.resolve("file"), "stays");
        Files.createSymbolicLink(real.path().resolve("inner"), outside);
        volumes().remove("real");
        assertThat(outside.resolve("file")).hasContent("stays");
    }
}
