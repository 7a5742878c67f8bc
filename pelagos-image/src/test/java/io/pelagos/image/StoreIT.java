package io.pelagos.image;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.pelagos.image.fixtures.Tars;
import io.pelagos.image.fixtures.TestImage;
import io.pelagos.image.fixtures.WithRegistry;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageConfig;
import io.pelagos.image.spec.ImageInUseException;
import io.pelagos.image.spec.ImageNotFoundException;
import io.pelagos.image.testing.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.ReadOnlyFileSystemException;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;

/** What is kept of images, who needs it, and what becomes of it. */
class StoreIT extends WithRegistry {
    private Image busybox(String name) throws Exception {
        TestImage.image().busybox().push(name(name));
        return images.pull(name(name));
    }

    private Image app(String name, byte[]... layers) throws InterruptedException {
        registry.putImage(name, layers);
        return images.pull(name(name));
    }

    private List<Path> entries(String directory) throws IOException {
        var path = pelagos.paths().dataDir().resolve(directory);
        if (!Files.isDirectory(path)) {
            return List.of();
        }
        try (var entries = Files.list(path)) {
            return entries.toList();
        }
    }

    @Test
    void aLeaseKeepsLayersOfAnImageWithoutAName() throws Exception {
        var image = app("app:1", Tars.tar().file("a", "1").gzip());
        try (var lease = images.lease(image)) {
            assertThat(lease.layers()).hasSize(1);
            assertThat(entries("leases")).hasSize(1);
            images.remove(name("app:1"), true);
            assertThat(images.prune()).isZero();
            assertThat(image.layers().getFirst().directory().resolve("a")).hasContent("1");
        }
        assertThat(entries("leases")).isEmpty();
        assertThat(images.prune()).isPositive();
        assertThat(entries("layers")).isEmpty();
        assertThatExceptionOfType(ImageNotFoundException.class)
                .isThrownBy(() -> images.lease(image))
                .withMessageContaining("pull it again");
        assertThat(entries("leases")).isEmpty();
    }

    @Test
    void whatAnotherJvmRunsStaysUntilThatHasEnded() throws Exception {
        var image = busybox("app");
        try (var other = OtherJvm.running(pelagos.paths(), name("app"))) {
            assertThat(pelagos.leases().list())
                    .singleElement()
                    .satisfies(
                            it -> {
                                assertThat(it.holder()).isEqualTo("theirs");
                                assertThat(it.layers())
                                        .containsExactly(image.layers().getFirst().directory());
                            });
            assertThatExceptionOfType(ImageInUseException.class)
                    .isThrownBy(() -> images.remove(name("app")))
                    .withMessageContaining("theirs");
            images.remove(name("app"), true);
            assertThat(images.prune()).isZero();
            other.kill();
            assertThat(images.prune()).isPositive();
        }
        assertThat(entries("layers")).isEmpty();
        assertThat(entries("leases")).isEmpty();
    }

    @Test
    void aLeaseOfAProcessThatOnlyHasTheNumberOfAnotherIsNone() throws Exception {
        var image = app("app:1", Tars.tar().file("a", "1").gzip());
        var leases = Files.createDirectories(pelagos.paths().leasesDir());
        long own = ProcessHandle.current().pid();
        var boot = Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
        var namespace = Files.readSymbolicLink(Path.of("/proc/self/ns/pid"));
        Files.writeString(
                leases.resolve(own + "-777777"),
                boot
                        + " "
                        + namespace
                        + " "
                        + own
                        + " 1\nold\n"
                        + image.layers().getFirst().directory()
                        + "\n");
        images.remove(name("app:1"));
        assertThat(images.prune()).isPositive();
        assertThat(entries("leases")).isEmpty();
    }

    @Test
    void aLeaseThatIsJustBeingWrittenIsLeftAlone() throws Exception {
        var leases = Files.createDirectories(pelagos.paths().leasesDir());
        // A number that no process of this PID namespace has.
        var begun = Files.createFile(leases.resolve("4194304-1"));
        assertThat(pelagos.leases().list()).isEmpty();
        assertThat(begun).exists();
        Files.setLastModifiedTime(begun, FileTime.from(Instant.now().minus(Duration.ofHours(1))));
        assertThat(pelagos.leases().list()).isEmpty();
        assertThat(begun).doesNotExist();
    }

    @Test
    void everyContainerOnLayersHasALeaseWhileItLives() throws Exception {
        var image = busybox("app");
        try (var container = pelagos.container(image).command("sleep", "100").start()) {
            assertThat(pelagos.leases().list())
                    .singleElement()
                    .satisfies(it -> assertThat(it.holder()).isEqualTo(container.name()));
        }
        assertThat(pelagos.leases().list()).isEmpty();
        assertThatExceptionOfType(RuntimeException.class)
                .isThrownBy(() -> pelagos.container(image).command("/absent").start());
        assertThat(entries("leases")).isEmpty();
        // Layers that are not in the store are the affair of whoever made them.
        try (var lease = pelagos.leases().take("x", List.of(temporary))) {
            assertThat(lease.layers()).isEmpty();
            assertThat(entries("leases")).isEmpty();
        }
    }

    @Test
    void aContainerIsNotStartedOnLayersThatAreGone() throws Exception {
        var image = busybox("app");
        images.remove(name("app"));
        images.prune();
        assertThatExceptionOfType(io.pelagos.core.SyscallFailedException.class)
                .isThrownBy(() -> pelagos.container(image).command("true").run())
                .withMessageContaining("ENOENT");
        assertThat(entries("leases")).isEmpty();
    }

    @Test
    void aDryRunSaysWhatWouldGoAndRemovesNothing() throws Exception {
        var kept = Tars.tar().file("a", "1").gzip();
        var gone = Tars.tar().file("b", "22").gzip();
        app("kept:1", kept);
        app("gone:1", kept, gone);
        images.remove(name("gone:1"));
        var said = images.prune(PruneOptions.usual().dryly());
        assertThat(said.removed())
                .extracting(Pruned.Removed::name)
                .containsExactly(Digest.of(gone).toString());
        assertThat(said.bytes()).isPositive();
        assertThat(entries("layers")).hasSize(2);
        assertThat(images.prune(PruneOptions.usual())).isEqualTo(said);
        assertThat(entries("layers")).hasSize(1);
        assertThat(images.get(name("kept:1")).layers()).hasSize(1);
    }

    @Test
    void imagesThatNobodyUsesGoWhereThatIsWanted() throws Exception {
        var used = busybox("used");
        app("unused:1", Tars.tar().file("a", "1").gzip());
        var all = PruneOptions.usual().withUnusedImages();
        try (var _ = pelagos.container(used).command("sleep", "100").start()) {
            var dry = images.prune(all.dryly());
            assertThat(dry.removed())
                    .extracting(Pruned.Removed::kind)
                    .containsExactly(Pruned.Kind.IMAGE, Pruned.Kind.LAYER);
            assertThat(images.list()).hasSize(2);
            assertThat(images.prune(all)).isEqualTo(dry);
            assertThat(images.list()).containsExactly(used);
        }
    }

    @Test
    void whatIsBeingPulledIsNotPruned() throws Exception {
        var first = Tars.tar().file("a", "1").gzip();
        var second = Tars.tar().file("b", "2").gzip();
        registry.putImage("app:1", first, second);
        registry.fault(Fault.stall(0).path(Digest.of(second).hex()));
        var firstIsThere = new CountDownLatch(1);
        var pulling =
                Thread.ofVirtual()
                        .start(
                                () -> {
                                    try {
                                        images.pull(
                                                name("app:1"),
                                                it -> {
                                                    if (it.phase() == PullListener.Phase.DONE) {
                                                        firstIsThere.countDown();
                                                    }
                                                });
                                    } catch (InterruptedException _) {
                                        // As it is meant to end.
                                    }
                                });
        firstIsThere.await();
        assertThat(images.prune()).isZero();
        assertThat(entries("layers")).anyMatch(it -> it.endsWith(Digest.of(first).hex()));
        pulling.interrupt();
        pulling.join();
        assertThat(entries("leases")).isEmpty();
        assertThat(images.prune()).isPositive();
    }

    @Test
    void damageIsFoundAndRepaired() throws Exception {
        var layers =
                List.of(
                        Tars.tar().file("a", "1").gzip(),
                        Tars.tar().file("b", "2").gzip(),
                        Tars.tar().file("c", "3").gzip());
        var image = app("app:1", layers.toArray(byte[][]::new));
        assertThat(images.verify(image).sound()).isTrue();

        var paths = pelagos.paths().images();
        var damaged = paths.blobPath(Digest.of(layers.get(0)).toString());
        var bytes = Files.readAllBytes(damaged);
        bytes[bytes.length / 2] ^= 1;
        Files.write(damaged, bytes);
        Files.delete(paths.blobPath(Digest.of(layers.get(1)).toString()));
        Files.delete(paths.layerCompleteFile(Digest.of(layers.get(2)).toString()));
        // A tag that leads elsewhere by now does not change what is repaired.
        registry.putImage("app:1", Tars.tar().file("other", "x").gzip());

        var found = images.verify(image);
        assertThat(found.damages())
                .extracting(Verification.Damage::kind)
                .containsExactly(
                        Verification.Kind.BLOB,
                        Verification.Kind.BLOB_MISSING,
                        Verification.Kind.TREE);
        var repaired = images.repair(found);
        assertThat(repaired).isEqualTo(image);
        assertThat(images.verify(repaired).damages()).isEmpty();
        assertThat(repaired.layers().get(2).directory().resolve("c")).hasContent("3");
    }

    @Test
    void aDocumentThatIsNotTheOneIsFoundAndRepaired() throws Exception {
        var image = app("app:1", Tars.tar().file("a", "1").gzip());
        var config = pelagos.paths().images().ociConfigFile(name("app:1"));
        Files.writeString(config, Files.readString(config) + " ");
        var found = images.verify(image);
        assertThat(found.damages())
                .singleElement()
                .satisfies(it -> assertThat(it.kind()).isEqualTo(Verification.Kind.DOCUMENT));
        assertThat(images.verify(images.repair(found)).sound()).isTrue();
    }

    @Test
    void whatAContainerStandsOnIsNotUnpackedAgain() throws Exception {
        var image = busybox("app");
        var layer = image.layers().getFirst();
        try (var _ = pelagos.container(image).command("sleep", "100").start()) {
            Files.delete(pelagos.paths().images().blobPath(layer.digest().toString()));
            assertThat(images.verify(images.repair(images.verify(image))).sound()).isTrue();
            Files.delete(layer.directory().resolve(".pelagos_complete"));
            var found = images.verify(image);
            assertThatExceptionOfType(ImageInUseException.class)
                    .isThrownBy(() -> images.repair(found));
            assertThat(layer.directory().resolve("bin/busybox")).exists();
        }
    }

    @Test
    void aLayerCannotMakeTheMarkThatItIsCompleteGoElsewhere() throws Exception {
        var victim = temporary.resolve("victim");
        Files.writeString(victim, "untouched");
        var image = app("app:1", Tars.tar().symlink(".pelagos_complete", victim.toString()).gzip());
        assertThat(victim).hasContent("untouched");
        var mark = image.layers().getFirst().directory().resolve(".pelagos_complete");
        assertThat(Files.isRegularFile(mark, LinkOption.NOFOLLOW_LINKS)).isTrue();
        var directory = app("app:2", Tars.tar().directory(".pelagos_complete/").gzip());
        assertThat(images.verify(directory).sound()).isTrue();
    }

    @Test
    void filesAreReadThroughTheLayersWithoutAMount() throws Exception {
        var image =
                app(
                        "app:1",
                        Tars.tar()
                                .file("etc/os-release", "old")
                                .file("etc/gone", "x")
                                .file("data/one", "1")
                                .file("data/two", "2")
                                .symlink("etc/escape", "/../../../../etc/passwd")
                                .symlink("release", "etc/os-release")
                                .gzip(),
                        Tars.tar()
                                .file("etc/os-release", "new")
                                .file("etc/.wh.gone", "")
                                .file("data/.wh..wh..opq", "")
                                .file("data/three", "3")
                                .gzip());
        assertThat(Files.readString(image.path("/etc/os-release"))).isEqualTo("new");
        assertThat(Files.readString(image.path("/release"))).isEqualTo("new");
        assertThat(Files.readSymbolicLink(image.path("/release"))).hasToString("etc/os-release");
        assertThat(Files.isSymbolicLink(image.path("/release"))).isTrue();
        assertThat(Files.exists(image.path("/etc/gone"))).isFalse();
        // The host has such a file, and the image has not.
        assertThat(Files.exists(image.path("/etc/escape"))).isFalse();
        try (var names = Files.list(image.path("/data"))) {
            assertThat(names)
                    .extracting(it -> it.getFileName().toString())
                    .containsExactly("three");
        }
        var seen = new ArrayList<String>();
        try (var walk = Files.walk(image.path("/"))) {
            walk.filter(Files::isRegularFile).forEach(it -> seen.add(it.toString()));
        }
        assertThat(seen).contains("/etc/os-release", "/data/three").doesNotContain("/data/one");
        assertThatExceptionOfType(ReadOnlyFileSystemException.class)
                .isThrownBy(() -> Files.writeString(image.path("/etc/os-release"), "x"));
        assertThatExceptionOfType(java.nio.file.NotDirectoryException.class)
                .isThrownBy(() -> Files.newDirectoryStream(image.path("/data/three")).close());
    }

    @Test
    void roomIsMeasuredByKind() throws Exception {
        var shared = Tars.tar().file("a", "x".repeat(1000)).gzip();
        var own = Tars.tar().file("b", "x".repeat(200)).gzip();
        app("one:1", shared);
        app("two:1", shared, own);
        images.tag(name("one:1"), "again:1");
        var volume = pelagos.volumes().create("v");
        Files.writeString(volume.path().resolve("f"), "12345");
        var usage = images.diskUsage();
        assertThat(usage.layers().count()).isEqualTo(2);
        // Each layer also has the mark that it is complete, of one digit.
        assertThat(usage.layers().total()).isEqualTo(1000 + 200 + 2);
        assertThat(usage.layers().shared()).isEqualTo(1001);
        assertThat(usage.layers().reclaimable()).isZero();
        assertThat(usage.blobs().total()).isEqualTo(shared.length + own.length);
        assertThat(usage.images().count()).isEqualTo(3);
        assertThat(usage.volumes()).isEqualTo(new DiskUsage.Part(1, 5, 0, 5));
        images.remove(name("two:1"));
        var after = images.diskUsage();
        assertThat(after.layers().reclaimable()).isEqualTo(201);
        assertThat(after.layers().shared()).isZero();
        assertThat(images.prune())
                .isEqualTo(after.layers().reclaimable() + after.blobs().reclaimable());
        assertThat(images.diskUsage().total()).isLessThan(after.total());
    }

    /** As whoever builds in the same store writes it. */
    private Path step(int number, String result) throws IOException {
        var directory = pelagos.paths().images().buildCacheDir();
        Files.createDirectories(directory);
        return Files.writeString(directory.resolve("%064x".formatted(number)), result);
    }

    @Test
    void resultsOfBuildStepsGoWhenAskedUnlessSomebodyNeedsTheirLayers() throws Exception {
        var used = busybox("used");
        var image = app("app:1", Tars.tar().file("a", "1").gzip());
        app("gone:1", Tars.tar().file("b", "2").gzip());
        var ofNone = images.get(name("gone:1")).layers().getFirst().digest().toString();
        images.remove(name("gone:1"));
        var needed = step(1, image.layers().getFirst().digest().toString());
        var running = step(2, used.layers().getFirst().digest() + "\n");
        var unneeded = step(3, ofNone);
        var lost = step(4, Digest.of("never there".getBytes(US_ASCII)).toString());
        var damaged = step(5, "no digest");
        var foreign = Files.writeString(needed.resolveSibling("README"), "mine");
        var link = Files.createSymbolicLink(needed.resolveSibling("f".repeat(64)), foreign);
        try (var _ = pelagos.container(used).command("sleep", "100").start()) {
            images.remove(name("used"), true);
            var usage = images.diskUsage().buildCache();
            assertThat(usage).isEqualTo(new DiskUsage.Part(5, 4 * 71 + 1 + 9, 0, 2 * 71 + 9));
            // Who does not ask for it keeps it.
            images.prune(PruneOptions.usual().withUnusedImages().dryly());
            images.prune();
            assertThat(images.diskUsage().buildCache()).isEqualTo(usage);
            var how = PruneOptions.usual().withBuildCache();
            var dry = images.prune(how.dryly());
            assertThat(dry.bytes()).isEqualTo(usage.reclaimable());
            assertThat(dry.removed())
                    .allSatisfy(it -> assertThat(it.kind()).isEqualTo(Pruned.Kind.BUILD_CACHE))
                    .extracting(Pruned.Removed::name)
                    .containsExactly(
                            "%064x".formatted(3), "%064x".formatted(4), "%064x".formatted(5));
            assertThat(unneeded).exists();
            assertThat(images.prune(how)).isEqualTo(dry);
            assertThat(List.of(unneeded, lost, damaged)).noneMatch(Files::exists);
            assertThat(List.of(needed, running, foreign, link)).allMatch(Files::exists);
        }
        images.prune(PruneOptions.usual().withBuildCache().withUnusedImages());
        assertThat(List.of(needed, running)).noneMatch(Files::exists);
        assertThat(List.of(foreign, link)).allMatch(Files::exists);
        assertThat(images.diskUsage().buildCache()).isEqualTo(new DiskUsage.Part(0, 0, 0, 0));
    }

    private Image withVolume() throws Exception {
        TestImage.image()
                .busybox()
                .layer(Tars.tar().file("data/seed", "sown").bytes())
                .execution(
                        new ImageConfig.Execution(
                                "",
                                List.of("6379/tcp", "53/udp"),
                                List.of(),
                                List.of(),
                                List.of("sleep", "100"),
                                List.of("/data"),
                                "",
                                Map.of(),
                                null,
                                List.of(),
                                null))
                .push(name("db"));
        return images.pull(name("db"));
    }

    private static final String GROW = "echo x >> /data/seed; cat /data/seed";

    @Test
    void declaredVolumesGoWithTheContainerAndAreInItsSnapshot() throws Exception {
        var image = withVolume();
        assertThat(image.volumes()).containsExactly("/data");
        assertThat(image.exposedPorts()).containsExactlyInAnyOrder("6379/tcp", "53/udp");
        try (var container = pelagos.container(image).start()) {
            container.exec("sh", "-c", GROW).run();
            try (var snapshot = container.snapshot()) {
                assertThat(snapshot.fork().command("cat", "/data/seed").run().stdout())
                        .isEqualTo("sownx\n");
            }
        }
        assertThat(pelagos.container(image).command("sh", "-c", GROW).run().stdout())
                .isEqualTo("sownx\n");
        assertThat(pelagos.volumes().list()).isEmpty();
    }

    @Test
    void declaredVolumesAreKeptUnderANameWhereThatIsWanted() throws Exception {
        var kept = withVolume().keepingVolumes("shop");
        for (var expected : List.of("sownx\n", "sownx\nx\n")) {
            assertThat(pelagos.container(kept).command("sh", "-c", GROW).run().stdout())
                    .isEqualTo(expected);
        }
        assertThat(pelagos.volumes().list())
                .singleElement()
                .satisfies(it -> assertThat(it.name()).isEqualTo("shop"));
        var none = app("none:1", Tars.tar().file("a", "1").gzip());
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> none.keepingVolumes("x"))
                .withMessageContaining("declares no volumes");
    }

    @Test
    void historyNamesTheLayerOfEachStep() throws Exception {
        var config =
                """
                {"history": [
                  {"created_by": "ADD rootfs"},
                  {"created_by": "ENV A=b", "empty_layer": true}]}
                """;
        registry.putImage(
                "app:1",
                config,
                List.of(Tars.tar().file("a", "1").gzip(), Tars.tar().file("b", "2").gzip()));
        var image = images.pull(name("app:1"));
        var history = image.history();
        assertThat(history).hasSize(3);
        assertThat(history.get(0).layer()).isEqualTo(image.layers().get(0));
        assertThat(history.get(1).layer()).isNull();
        assertThat(history.get(1).step().createdBy()).isEqualTo("ENV A=b");
        assertThat(history.get(2).layer()).isEqualTo(image.layers().get(1));
        assertThat(images.size(image.layers().getFirst())).isEqualTo(2);
    }

    @Test
    void imagesAreFetchedAheadAndEachOnlyOnce() throws Exception {
        var layer = Tars.tar().file("a", "1").gzip();
        registry.putImage("one:1", layer);
        registry.putImage("two:1", layer, Tars.tar().file("b", "2").gzip());
        var both = images.prefetch(name("one:1"), name("two:1"), name("one:1"));
        var again = images.prefetch(name("one:1"));
        assertThat(both.get())
                .extracting(it -> it.reference().toString())
                .containsExactly(name("one:1"), name("two:1"), name("one:1"));
        assertThat(again.get()).hasSize(1);
        assertThat(registry.requests())
                .filteredOn(it -> it.path().endsWith("/blobs/" + Digest.of(layer)))
                .hasSize(1);
        var failing = images.prefetch(name("one:1"), name("absent:1"));
        assertThatExceptionOfType(ExecutionException.class)
                .isThrownBy(failing::get)
                .withCauseInstanceOf(ImageNotFoundException.class);
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> images.prefetch("Not A Name"));
    }

    @Test
    void fetchingAheadEndsWhenItIsCalledOff() throws Exception {
        registry.putImage("app:1", Tars.tar().file("a", "1").gzip());
        registry.fault(Fault.stall(0).path("/manifests/"));
        var ahead = images.prefetch(name("app:1"));
        images.close();
        assertThatExceptionOfType(CancellationException.class).isThrownBy(ahead::get);
    }

    @Test
    void theFlightRecorderSeesPullsLayersAndPushes() throws Exception {
        var file = temporary.resolve("events.jfr");
        try (var recording = new Recording()) {
            recording.start();
            app("app:1", Tars.tar().file("a", "1").gzip());
            images.tag(name("app:1"), name("other:1"));
            images.push(name("other:1"));
            recording.stop();
            recording.dump(file);
        }
        var events = RecordingFile.readAllEvents(file);
        assertThat(only(events, "io.pelagos.ImagePull").getString("image"))
                .isEqualTo(name("app:1"));
        assertThat(only(events, "io.pelagos.ImageLayer").getBoolean("fetched")).isTrue();
        assertThat(only(events, "io.pelagos.ImagePush").getInt("sent")).isEqualTo(1);
    }

    private static RecordedEvent only(List<RecordedEvent> events, String type) {
        var found = events.stream().filter(it -> it.getEventType().getName().equals(type)).toList();
        assertThat(found).hasSize(1);
        return found.getFirst();
    }
}
