package io.pelagos.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.pelagos.core.Pelagos;
import io.pelagos.core.SyscallFailedException;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.image.fixtures.Noise;
import io.pelagos.image.fixtures.SmallFileSystem;
import io.pelagos.image.fixtures.Tars;
import io.pelagos.image.fixtures.TestImage;
import io.pelagos.image.fixtures.TreeListing;
import io.pelagos.image.spec.StoreException;
import io.pelagos.image.testing.TestRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store with no room, or that nothing can be written to. */
class StoreLimitsIT {
    private static final ImageOptions OPTIONS =
            ImageOptions.usual().withEnvironment(Map.of()).withAttempts(2, Duration.ofMillis(1));
    private static final byte[] LARGE = Tars.tar().file("noise", Noise.of(3_000_000, 1)).gzip();
    private static final byte[] SMALL = Tars.tar().file("etc/name", "small").gzip();

    @TempDir private Path temporary;

    private TestRegistry registry;
    private SmallFileSystem disk;
    private Pelagos pelagos;
    private Images images;

    @BeforeEach
    void open() throws Exception {
        registry = TestRegistry.start();
        var paths = PelagosPaths.under(temporary.resolve("pelagos"));
        disk = SmallFileSystem.mount(paths.dataDir(), "4m");
        pelagos = Pelagos.open(paths);
        images = Images.open(pelagos, OPTIONS);
    }

    @AfterEach
    void close() throws Exception {
        images.close();
        pelagos.close();
        disk.close();
        registry.close();
    }

    private String name(String rest) {
        return registry.address() + "/" + rest;
    }

    private void assertNothingIsThere() throws IOException {
        assertThat(images.list()).isEmpty();
        assertNothingIsIn("layers", "blobs", "images");
    }

    private void assertNothingIsIn(String... directories) throws IOException {
        for (var directory : directories) {
            try (var files = Files.list(pelagos.paths().dataDir().resolve(directory))) {
                assertThat(files).isEmpty();
            }
        }
    }

    @Test
    void aPullThatDoesNotFitLeavesNothingAndFitsLater() throws Exception {
        registry.putImage("app:1", SMALL, LARGE);
        assertThatExceptionOfType(StoreException.class)
                .isThrownBy(() -> images.pull(name("app:1")))
                .withMessageContaining("unpacking layer")
                .withMessageContaining("o space left on device")
                .withMessageContaining("free some space there: prune");
        assertThat(images.list()).isEmpty();
        // What was complete need not be fetched again; the other layer has left nothing.
        assertThat(images.prune()).isGreaterThanOrEqualTo(0);
        assertNothingIsThere();
        Images.open(pelagos, OPTIONS).close();
        disk.remount("size=20m");
        var image = images.pull(name("app:1"));
        assertThat(TreeListing.of(image.layers().get(1).directory())).containsKey("noise");
        assertThat(image.layers().get(1).directory().resolve("noise"))
                .hasContent(Noise.of(3_000_000, 1));
    }

    @Test
    void documentsThatDoNotFitChangeNothing() throws Exception {
        registry.putImage("app:1", SMALL);
        registry.putImage("app:2", "{\"config\":{\"Env\":[\"NEW=1\"]}}", List.of(SMALL));
        var first = images.pull(name("app:1"));
        var second = images.pull(name("app:2"));
        var filler = disk.fill();
        assertThatExceptionOfType(StoreException.class)
                .isThrownBy(() -> images.tag(name("app:1"), "mine:1"))
                .withMessageContaining("storing the image in")
                .withMessageContaining("free some space there: prune");
        assertThatExceptionOfType(StoreException.class)
                .isThrownBy(() -> images.tag(name("app:2"), name("app:1")))
                .withMessageContaining("o space left on device");
        assertThat(images.list()).containsExactly(first, second);
        assertThat(images.get(name("app:1")).config().execution().env()).isEmpty();
        try (var files = Files.walk(pelagos.paths().images().imagesDir())) {
            assertThat(files.map(it -> String.valueOf(it.getFileName())))
                    .noneMatch(it -> it.startsWith("."))
                    .noneMatch(it -> it.contains("mine"));
        }
        Files.delete(filler);
        assertThat(images.tag(name("app:2"), name("app:1")).config().execution().env())
                .containsExactly("NEW=1");
    }

    @Test
    void aReadOnlyStoreIsReadAndRunAndNotWrittenTo() throws Exception {
        disk.remount("size=20m");
        var busybox = TestImage.image().busybox();
        busybox.push(name("app:1"));
        registry.putImage("other:1", SMALL);
        var image = images.pull(name("app:1"));
        var elsewhere = Files.createDirectories(pelagos.paths().scratchRoot());
        disk.remount("ro");
        try (var other = Pelagos.open(pelagos.paths());
                var theirs = Images.open(other, OPTIONS)) {
            assertThat(theirs.list()).containsExactly(image);
            assertThat(theirs.ensure(name("app:1"))).isEqualTo(image);
            assertThat(theirs.pull(name("app:1"))).isEqualTo(image);
            assertThatExceptionOfType(SyscallFailedException.class)
                    .isThrownBy(() -> other.container(image).command("true").run())
                    .withMessageContaining("PELAGOS_OVERLAY_TMPFS=1");
            // Writable layers may lie elsewhere.
            try (var _ = SmallFileSystem.mount(elsewhere, "4m")) {
                assertThat(other.container(image).command("echo", "runs").run().stdout())
                        .isEqualTo("runs\n");
            }
            assertThatExceptionOfType(StoreException.class)
                    .isThrownBy(() -> theirs.pull(name("other:1")))
                    .withMessageContaining("the store is read-only");
            assertThatExceptionOfType(StoreException.class)
                    .isThrownBy(() -> theirs.tag(name("app:1"), "mine:1"))
                    .withMessageContaining("the store is read-only");
            assertThatExceptionOfType(StoreException.class)
                    .isThrownBy(() -> theirs.remove(name("app:1")))
                    .withMessageContaining("the store is read-only");
            assertThat(theirs.list()).containsExactly(image);
            assertThat(theirs.prune()).isZero();
        } finally {
            disk.remount("rw");
        }
        images.remove(name("app:1"));
        assertThat(images.prune()).isPositive();
        assertNothingIsThere();
    }
}
