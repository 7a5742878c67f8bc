package io.pelagos.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pelagos.core.Pelagos;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.image.fixtures.ForkedJvm;
import io.pelagos.image.fixtures.MovingJvm;
import io.pelagos.image.fixtures.Noise;
import io.pelagos.image.fixtures.Tars;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.Platform;
import io.pelagos.image.spec.StoreException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a save, a load or the making of an index leaves that fails, or whose process is killed. */
class KilledMovesIT {
    private static final Platform OTHER = Platform.parse("linux/riscv64");
    private static final String INDEX = "oci-index.json";

    @TempDir private Path temporary;

    private Pelagos pelagos;
    private Images images;

    @BeforeEach
    void open() {
        pelagos = Pelagos.open(PelagosPaths.under(temporary.resolve("pelagos")));
        images = images();
    }

    private Images images() {
        return Images.open(pelagos, ImageOptions.usual().withEnvironment(Map.of()));
    }

    @AfterEach
    void close() {
        images.close();
        pelagos.close();
    }

    private Image image(String text) throws InterruptedException {
        return image(text, Platform.current());
    }

    private Image image(String text, Platform platform) throws InterruptedException {
        return images.build()
                .layer(LayerFiles.of(text).file("/etc/name", text.getBytes(UTF_8)))
                .platform(platform)
                .tag(text + ":1");
    }

    /** Makes an index, whose images have no other name. */
    private Image index(String text) throws InterruptedException {
        var index = images.index("both:1", image(text + "-own"), image(text + "-other", OTHER));
        images.remove(text + "-own:1");
        images.remove(text + "-other:1");
        return index;
    }

    private Path directory() {
        return pelagos.paths().images().imageDir("docker.io/library/both:1");
    }

    private static Map<String, String> files(Path directory) throws IOException {
        var files = new TreeMap<String, String>();
        try (var all = Files.newDirectoryStream(directory)) {
            for (var file : all) {
                files.put(String.valueOf(file.getFileName()), Files.readString(file));
            }
        }
        return files;
    }

    private static void write(Path directory, Map<String, String> files) throws IOException {
        for (var file : files.entrySet()) {
            Files.writeString(directory.resolve(file.getKey()), file.getValue());
        }
    }

    /** The digest of what is saved under the name, with all its images, by what the store says. */
    private Digest saved() throws IOException {
        var layout = Files.createTempDirectory(temporary, "layout");
        images.save(layout, List.of("both:1"), ArchiveFormat.OCI_DIRECTORY);
        var index =
                io.pelagos.image.spec.ImageIndex.parse(
                        Files.readAllBytes(layout.resolve("index.json")));
        return index.manifests().getFirst().verifiable();
    }

    @Test
    void anIndexThatCannotBeStoredLeavesTheOneBefore() throws Exception {
        var before = index("before");
        var files = files(directory());
        var obstacle = Files.createDirectories(directory().resolve(".new-oci-config.json/x"));
        assertThatExceptionOfType(StoreException.class).isThrownBy(() -> index("after"));
        Files.delete(obstacle);
        Files.delete(directory().resolve(".new-oci-config.json"));
        assertThat(files(directory())).isEqualTo(files);
        images.remove("after-own:1");
        images.remove("after-other:1");
        images.prune();
        assertThat(saved()).isEqualTo(before.digest());
    }

    @Test
    void anIndexOfANewNameThatCannotBeStoredLeavesNothing() throws Exception {
        var own = image("own");
        var other = image("other", OTHER);
        var images = pelagos.paths().images().imagesDir();
        // Its directory is there when the store looks, but is no directory.
        Files.writeString(directory(), "");
        assertThatExceptionOfType(StoreException.class)
                .isThrownBy(() -> this.images.index("both:1", own, other));
        Files.delete(directory());
        try (var left = Files.list(images)) {
            assertThat(left).hasSize(2);
        }
    }

    @Test
    void anIndexThatWasNotDecidedIsTakenBackByTheNextOpening() throws Exception {
        var before = index("before");
        var files = files(directory());
        index("after");
        var after = files(directory());
        // As if the process had been killed before it replaced the manifest.
        write(directory(), files);
        Files.writeString(directory().resolve(".new-" + INDEX), after.get(INDEX));
        Files.writeString(directory().resolve(".new-index-part"), "{");
        Files.writeString(directory().resolve(".new123456.tmp"), "{");
        assertThat(saved()).isEqualTo(before.digest());
        images().close();
        assertThat(files(directory())).isEqualTo(files);
        assertThat(saved()).isEqualTo(before.digest());
    }

    @Test
    void anIndexThatWasDecidedIsFinishedByTheNextOpening() throws Exception {
        index("before");
        var files = files(directory());
        var index = index("after");
        var after = files(directory());
        // As if the process had been killed after it replaced the manifest.
        files.keySet().removeAll(after.keySet());
        write(directory(), files);
        Files.move(directory().resolve(INDEX), directory().resolve(".new-" + INDEX));
        assertThat(saved()).isEqualTo(index.digest());
        images().close();
        assertThat(files(directory())).isEqualTo(after);
        assertThat(saved()).isEqualTo(index.digest());
    }

    @Test
    void nothingOfAnIndexStaysWhenAnImageTakesItsPlace() throws Exception {
        index("before");
        var before = files(directory());
        var image = images.tag(image("alone").reference().familiar(), "both:1");
        var alone = files(directory());
        assertThat(alone.keySet())
                .containsExactly("manifest.json", "oci-config.json", "oci-manifest.json");
        // As if the process had been killed after it replaced the manifest.
        before.keySet().removeAll(alone.keySet());
        write(directory(), before);
        Files.writeString(directory().resolve(".new-" + INDEX), "");
        assertThat(saved()).isEqualTo(image.digest());
        images().close();
        assertThat(files(directory())).isEqualTo(alone);
    }

    private void makeFifo(Path path) throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/mkfifo")), "mkfifo(1) is not installed");
        assertThat(new ProcessBuilder("mkfifo", path.toString()).inheritIO().start().waitFor())
                .isZero();
    }

    private List<String> besides(String name) throws IOException {
        try (var all = Files.list(temporary)) {
            return all.map(it -> String.valueOf(it.getFileName()))
                    .filter(it -> it.startsWith("." + name))
                    .toList();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aSaveThatIsKilledLeavesWhatWasThereAndIsClearedByTheNext(ArchiveFormat format)
            throws Exception {
        var layer = image("app").layers().getFirst().digest().toString();
        var place = temporary.resolve("place");
        boolean isFile = format != ArchiveFormat.OCI_DIRECTORY;
        if (isFile) {
            Files.writeString(place, "before");
        }
        // A layer that does not come keeps the other JVM in the middle of its work.
        var blob = pelagos.paths().images().blobPath(layer);
        var whole = Files.move(blob, temporary.resolve("blob"));
        makeFifo(blob);
        try (var saving =
                        ForkedJvm.start(
                                MovingJvm.class,
                                temporary.resolve("pelagos").toString(),
                                place.toString(),
                                "app:1",
                                format.name());
                var ignored = Files.newOutputStream(blob)) {
            assertThat(besides("place")).hasSize(1);
            // Somebody else who saves to the same place lets it be.
            Files.delete(blob);
            Files.copy(whole, blob);
            if (isFile) {
                images.save(place, List.of("app:1"), ArchiveFormat.OCI_ARCHIVE);
                Files.writeString(place, "before");
            }
            assertThat(besides("place")).hasSize(1);
            saving.kill();
        }
        assertThat(besides("place")).hasSize(1);
        if (isFile) {
            assertThat(place).hasContent("before");
        } else {
            assertThat(place).doesNotExist();
        }
        images.save(place, List.of("app:1"), format);
        assertThat(besides("place")).isEmpty();
        assertThat(images.load(place)).hasSize(1);
    }

    @Test
    void aSaveThatFailsLeavesWhatWasThere() throws Exception {
        var layer = image("app").layers().getFirst().digest().toString();
        Files.writeString(pelagos.paths().images().blobPath(layer), "damaged");
        var place = Files.writeString(temporary.resolve("place"), "before");
        for (var format : List.of(ArchiveFormat.OCI_ARCHIVE, ArchiveFormat.DOCKER_ARCHIVE)) {
            assertThatExceptionOfType(io.pelagos.image.spec.ImageException.class)
                    .isThrownBy(() -> images.save(place, List.of("app:1"), format));
            assertThat(place).hasContent("before");
        }
        assertThat(besides("place")).isEmpty();
    }

    private List<Path> blobs() throws IOException {
        try (var all = Files.list(pelagos.paths().images().blobsDir())) {
            return all.toList();
        }
    }

    @Test
    void whatALoadThatIsKilledLeavesGoesWithTheNextOpening() throws Exception {
        var archive = temporary.resolve("archive");
        makeFifo(archive);
        try (var loading =
                        ForkedJvm.start(
                                MovingJvm.class,
                                temporary.resolve("pelagos").toString(),
                                archive.toString());
                var out = Files.newOutputStream(archive)) {
            // More than a pipe holds: when it is written the first file is there.
            out.write(
                    Tars.tar()
                            .file("first", "contents")
                            .file("second", Noise.of(1 << 20, 1))
                            .bytes());
            assertThat(blobs()).isNotEmpty();
            // Who opens the store meanwhile takes nothing away.
            images().close();
            assertThat(blobs()).isNotEmpty();
            loading.kill();
        }
        assertThat(blobs()).isNotEmpty();
        images().close();
        assertThat(blobs()).isEmpty();
        try (var locks = Files.list(pelagos.paths().images().layersDir())) {
            assertThat(locks).isEmpty();
        }
    }
}
