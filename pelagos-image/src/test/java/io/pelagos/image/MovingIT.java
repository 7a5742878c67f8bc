package io.pelagos.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pelagos.core.Pelagos;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.image.fixtures.Compressed;
import io.pelagos.image.spec.BadContentException;
import io.pelagos.image.spec.Descriptor;
import io.pelagos.image.spec.Digest;
import io.pelagos.image.spec.ImageException;
import io.pelagos.image.spec.ImageIndex;
import io.pelagos.image.spec.ImageManifest;
import io.pelagos.image.spec.MediaType;
import io.pelagos.image.spec.Platform;
import io.pelagos.image.testing.TestRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images that were built here, in archives and registries. */
class MovingIT {
    private static final Platform OTHER = Platform.parse("linux/riscv64");

    @TempDir private Path temporary;

    private Pelagos pelagos;
    private Images images;

    @BeforeEach
    void open() {
        pelagos = Pelagos.open(PelagosPaths.under(temporary.resolve("pelagos")));
        images = images(pelagos);
    }

    private static Images images(Pelagos pelagos) {
        return Images.open(pelagos, ImageOptions.usual().withEnvironment(Map.of()));
    }

    @AfterEach
    void close() {
        images.close();
        pelagos.close();
    }

    private Image image(String name, String text) throws InterruptedException {
        return images.build()
                .layer(LayerFiles.of("base").file("/etc/base", "base".getBytes(UTF_8)))
                .layer(LayerFiles.of(text).file("/etc/name", text.getBytes(UTF_8)))
                .command("/none")
                .tag(name);
    }

    private Image other(String name) throws InterruptedException {
        return images.build()
                .layer(LayerFiles.of("other").file("/etc/name", "other".getBytes(UTF_8)))
                .platform(OTHER)
                .tag(name);
    }

    private static String nameIn(Image image) throws IOException {
        return Files.readString(image.layers().getLast().directory().resolve("etc/name"));
    }

    private String run(String... command) throws Exception {
        assumeTrue(
                Files.isExecutable(Path.of("/usr/bin", command[0])),
                command[0] + " is not installed");
        var log = temporary.resolve("log");
        var process =
                new ProcessBuilder(command)
                        .directory(temporary.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        int code = process.waitFor();
        var said = Files.readString(log);
        assertThat(code).as(String.join(" ", command) + "\n" + said).isZero();
        return said;
    }

    /** A store that has none of the images. */
    private List<Image> loadedElsewhere(Path archive) throws Exception {
        try (var other = Pelagos.open(PelagosPaths.under(temporary.resolve("elsewhere")));
                var theirs = images(other)) {
            var loaded = theirs.load(archive);
            for (var image : loaded) {
                assertThat(nameIn(image)).isNotEmpty();
            }
            return loaded;
        }
    }

    @Test
    void everyFormIsLoadedAgain() throws Exception {
        var one = image("shop/one:1", "one");
        var two = image("two:2", "two");
        var names = List.of("shop/one:1", "two:2");
        var forms =
                Map.of(
                        "a.tar", ArchiveFormat.OCI_ARCHIVE,
                        "b.tar.gz", ArchiveFormat.OCI_ARCHIVE,
                        "c", ArchiveFormat.OCI_DIRECTORY,
                        "d.tar", ArchiveFormat.DOCKER_ARCHIVE,
                        "e.tgz", ArchiveFormat.DOCKER_ARCHIVE);
        for (var form : forms.entrySet()) {
            var path = temporary.resolve(form.getKey());
            images.save(path, names, form.getValue());
            var loaded = loadedElsewhere(path);
            assertThat(loaded)
                    .extracting(it -> it.reference().familiar())
                    .as(form.getKey())
                    .containsExactlyElementsOf(names);
            assertThat(loaded)
                    .extracting(Image::config)
                    .containsExactly(one.config(), two.config());
            if (form.getValue() != ArchiveFormat.DOCKER_ARCHIVE) {
                assertThat(loaded)
                        .extracting(Image::digest)
                        .containsExactly(one.digest(), two.digest());
            }
            if (Files.isRegularFile(path)) {
                var again = temporary.resolve("again-" + form.getKey());
                images.save(again, names, form.getValue());
                assertThat(Files.mismatch(path, again)).isEqualTo(-1);
            }
        }
        try (var files = Files.list(temporary)) {
            assertThat(files).noneMatch(it -> it.toString().contains("partial"));
        }
    }

    @Test
    void archivesMayBeCompressedAsPeopleDo() throws Exception {
        var image = image("one:1", "one");
        var archive = temporary.resolve("a.tar");
        images.save(archive, List.of("one:1"), ArchiveFormat.OCI_ARCHIVE);
        for (var by : Compressed.values()) {
            var compressed = temporary.resolve("a.tar." + by.program());
            Files.write(compressed, by.of(Files.readAllBytes(archive)));
            assertThat(loadedElsewhere(compressed).getFirst().digest()).isEqualTo(image.digest());
        }
    }

    @Test
    void severalNamesOfAnImageAreWrittenOnce() throws Exception {
        image("one:1", "one");
        images.tag("one:1", "one:latest");
        var archive = temporary.resolve("a.tar");
        images.save(archive, List.of("one:1", "one:latest"), ArchiveFormat.DOCKER_ARCHIVE);
        assertThat(loadedElsewhere(archive))
                .extracting(it -> it.reference().familiar())
                .containsExactly("one:1", "one:latest");
        assertThat(run("tar", "tf", archive.toString()).lines()).hasSize(4);
    }

    @Test
    void otherToolsReadEveryForm() throws Exception {
        var image = image("shop/one:1", "one");
        for (var form :
                Map.of(
                                "oci-archive:", ArchiveFormat.OCI_ARCHIVE,
                                "docker-archive:", ArchiveFormat.DOCKER_ARCHIVE,
                                "oci:", ArchiveFormat.OCI_DIRECTORY)
                        .entrySet()) {
            var path = temporary.resolve(form.getValue().name());
            images.save(path, List.of("shop/one:1"), form.getValue());
            var said =
                    run("skopeo", "--insecure-policy", "inspect", "--config", form.getKey() + path);
            assertThat(said).contains("/none", image.layers().getFirst().diffId().toString());
            var copy = temporary.resolve("copy-" + form.getValue());
            run("skopeo", "--insecure-policy", "copy", form.getKey() + path, "oci:" + copy + ":v1");
            run("umoci", "unpack", "--image", copy + ":v1", "bundle-" + form.getValue());
            assertThat(temporary.resolve("bundle-" + form.getValue()).resolve("rootfs/etc/name"))
                    .hasContent("one");
        }
    }

    @Test
    void whatIsDamagedIsNotSaved() throws Exception {
        var image = image("one:1", "one");
        var blob = pelagos.paths().images().blobPath(image.layers().getLast().digest().toString());
        var bytes = Files.readAllBytes(blob);
        bytes[bytes.length - 1] ^= 1;
        Files.write(blob, bytes);
        for (var format : ArchiveFormat.values()) {
            var path = temporary.resolve(format.name());
            assertThatExceptionOfType(ImageException.class)
                    .isThrownBy(() -> images.save(path, List.of("one:1"), format));
            assertThat(path).doesNotExist();
        }
        try (var files = Files.list(temporary)) {
            assertThat(files).noneMatch(it -> it.toString().contains("partial"));
        }
    }

    @Test
    void aDirectoryWithSomethingInItStays() throws Exception {
        image("one:1", "one");
        var place = Files.createDirectory(temporary.resolve("place"));
        Files.writeString(place.resolve("mine"), "x");
        assertThatExceptionOfType(ImageException.class)
                .isThrownBy(
                        () -> images.save(place, List.of("one:1"), ArchiveFormat.OCI_DIRECTORY));
        assertThat(place.resolve("mine")).hasContent("x");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () ->
                                images.save(
                                        new ByteArrayOutputStream(),
                                        List.of("one:1"),
                                        ArchiveFormat.OCI_DIRECTORY));
    }

    @Test
    void eachMachineGetsItsImageOfAnIndex() throws Exception {
        var own = image("own:1", "own");
        var theirs = other("theirs:1");
        try (var registry = TestRegistry.start();
                var elsewhere = Pelagos.open(PelagosPaths.under(temporary.resolve("elsewhere")));
                var pulling = images(elsewhere)) {
            var name = registry.address() + "/both:1";
            var index = images.index(name, theirs, own);
            assertThat(index.config()).isEqualTo(own.config());
            // Its images have other names no more, and are still sent and kept.
            images.remove("own:1");
            images.remove("theirs:1");
            images.tag(name, registry.address() + "/both:2");
            images.remove(name);
            assertThat(images.prune()).isZero();
            assertThat(images.push(registry.address() + "/both:2")).isEqualTo(3);
            assertThat(images.push(registry.address() + "/both:2")).isZero();
            var pulled = pulling.pull(registry.address() + "/both:2");
            assertThat(pulled.digest()).isEqualTo(index.digest());
            assertThat(nameIn(pulled)).isEqualTo("own");
            var other =
                    pulling.pull(
                            registry.address() + "/both:2", PullOptions.usual().forPlatform(OTHER));
            assertThat(nameIn(other)).isEqualTo("other");
            assertThat(other.digest()).isEqualTo(index.digest());
        }
    }

    @Test
    void anIndexIsSavedWithAllItsImages() throws Exception {
        var index = images.index("both:1", image("own:1", "own"), other("theirs:1"));
        var layout = temporary.resolve("layout");
        images.save(layout, List.of("both:1"), ArchiveFormat.OCI_DIRECTORY);
        assertThat(nameIn(loadedElsewhere(layout).getFirst())).isEqualTo("own");
        assertThat(layout.resolve("blobs/sha256/" + index.digest().hex())).exists();
        var said = run("skopeo", "--insecure-policy", "inspect", "--raw", "oci:" + layout);
        assertThat(said).contains("riscv64").contains(Platform.current().architecture());
        var copy = temporary.resolve("copy");
        run("skopeo", "--insecure-policy", "copy", "--all", "oci:" + layout, "oci:" + copy + ":v1");
        // Another image takes the name, and nothing of the index stays.
        image("both:1", "new");
        images.remove("own:1");
        images.remove("theirs:1");
        assertThat(images.prune()).isPositive();
    }

    @Test
    void anIndexNeedsOneImageForEachMachine() throws Exception {
        var one = image("one:1", "one");
        var two = image("two:1", "two");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> images.index("both", one, two))
                .withMessageContaining(Platform.current().toString());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> images.index("none"))
                .withMessageContaining("none");
        assertThat(new ArrayList<>(images.list())).hasSize(2);
    }

    /** All files of a layout by their names: documents and blobs. */
    private static Map<String, String> contents(Path layout) throws IOException {
        var all = new TreeMap<String, String>();
        try (var files = Files.walk(layout)) {
            for (var file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                all.put(
                        layout.relativize(file).toString(),
                        Digest.of(Files.readAllBytes(file)).toString());
            }
        }
        return all;
    }

    /** What BuildKit adds to each image of an index: a document about it, without files. */
    private static void addAttestation(Path layout) throws IOException {
        var root = ImageIndex.parse(Files.readAllBytes(layout.resolve("index.json")));
        var index = ImageIndex.parse(Files.readAllBytes(blob(layout, root.manifests().getFirst())));
        var about = put(layout, "application/vnd.in-toto+json", "{\"_type\": \"statement\"}");
        var config =
                put(
                        layout,
                        MediaType.OCI_CONFIG,
                        "{\"architecture\": \"unknown\", \"os\": \"unknown\"}");
        var manifest =
                put(
                        layout,
                        MediaType.OCI_MANIFEST,
                        new String(ImageManifest.of(config, List.of(about)).toJson(), UTF_8));
        var members = new ArrayList<>(index.manifests());
        members.add(
                manifest.forPlatform(Platform.parse("unknown/unknown"))
                        .withAnnotations(
                                Map.of("vnd.docker.reference.type", "attestation-manifest")));
        var changed =
                put(
                        layout,
                        MediaType.OCI_INDEX,
                        new String(ImageIndex.of(members).toJson(), UTF_8));
        Files.delete(blob(layout, root.manifests().getFirst()));
        Files.write(
                layout.resolve("index.json"),
                ImageIndex.of(
                                List.of(
                                        changed.withAnnotations(
                                                root.manifests().getFirst().annotations())))
                        .toJson());
    }

    private static Path blob(Path layout, Descriptor descriptor) {
        return layout.resolve("blobs/sha256").resolve(descriptor.verifiable().hex());
    }

    private static Descriptor put(Path layout, String mediaType, String text) throws IOException {
        var bytes = text.getBytes(UTF_8);
        var descriptor = Descriptor.of(mediaType, Digest.of(bytes), bytes.length);
        Files.write(blob(layout, descriptor), bytes);
        return descriptor;
    }

    @Test
    void anIndexIsLoadedWithAllItsImagesWhenAsked() throws Exception {
        images.index("both:1", image("own:1", "own"), other("theirs:1"));
        var layout = temporary.resolve("layout");
        images.save(layout, List.of("both:1"), ArchiveFormat.OCI_DIRECTORY);
        addAttestation(layout);
        var all = LoadOptions.usual().withAllPlatforms();
        try (var elsewhere = Pelagos.open(PelagosPaths.under(temporary.resolve("elsewhere")));
                var theirs = images(elsewhere)) {
            var loaded = theirs.load(layout, all).getFirst();
            assertThat(nameIn(loaded)).isEqualTo("own");
            // What no container of this machine runs is not unpacked.
            assertThat(elsewhere.paths().images().layersDir().toFile().list()).hasSize(2);
            assertThat(theirs.prune()).isZero();
            var again = temporary.resolve("again");
            theirs.save(again, List.of("both:1"), ArchiveFormat.OCI_DIRECTORY);
            assertThat(contents(again)).isEqualTo(contents(layout));
            assertThat(theirs.load(again, all.named("other:1")).getFirst().digest())
                    .isEqualTo(loaded.digest());
            // What is wanted for this machine alone takes nothing else.
            theirs.load(again, "other:1");
            theirs.remove("both:1");
            assertThat(theirs.prune()).isPositive();
        }
    }

    @Test
    void aDamagedLayerOfAnotherMachineIsRefused() throws Exception {
        images.index("both:1", image("own:1", "own"), other("theirs:1"));
        var layout = temporary.resolve("layout");
        images.save(layout, List.of("both:1"), ArchiveFormat.OCI_DIRECTORY);
        var layer = images.get("theirs:1").layers().getFirst().digest();
        var blob = layout.resolve("blobs/sha256/" + layer.hex());
        var all = LoadOptions.usual().withAllPlatforms();
        try (var elsewhere = Pelagos.open(PelagosPaths.under(temporary.resolve("elsewhere")));
                var theirs = images(elsewhere)) {
            Files.writeString(blob, "other");
            assertThatExceptionOfType(BadContentException.class)
                    .isThrownBy(() -> theirs.load(layout, all))
                    .withMessageContaining(layer.hex());
            Files.delete(blob);
            assertThatExceptionOfType(BadContentException.class)
                    .isThrownBy(() -> theirs.load(layout, all))
                    .withMessageContaining("has no blobs/sha256/" + layer.hex());
            assertThat(theirs.list()).isEmpty();
            theirs.prune();
            assertThat(elsewhere.paths().images().blobsDir()).isEmptyDirectory();
            assertThat(theirs.load(layout)).hasSize(1);
        }
    }
}
