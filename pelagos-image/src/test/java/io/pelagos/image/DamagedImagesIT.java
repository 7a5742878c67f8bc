package io.pelagos.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.pelagos.image.fixtures.Tars;
import io.pelagos.image.fixtures.WithRegistry;
import io.pelagos.image.spec.BadContentException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

/** What is done with images that somebody has damaged, and that nobody has finished. */
class DamagedImagesIT extends WithRegistry {
    private Image app(String name) throws InterruptedException {
        registry.putImage(name, Tars.tar().file(name.replace(':', '-'), "1").gzip());
        return images.pull(name(name));
    }

    private void damage(Image image) throws IOException {
        Files.writeString(
                pelagos.paths().images().manifestFile(image.reference().toString()), "{\"digest");
    }

    @Test
    void aDamagedImageHidesNoOther() throws Exception {
        var whole = app("whole:1");
        damage(app("damaged:1"));
        assertThat(images.list()).containsExactly(whole);
        assertThat(images.find(whole.digest().hex())).contains(whole);
        assertThatExceptionOfType(BadContentException.class)
                .isThrownBy(() -> images.get(name("damaged:1")))
                .withMessageContaining("damaged");
        images.remove(name("whole:1"));
        assertThat(images.list()).isEmpty();
    }

    @Test
    void nothingIsCollectedWhileNobodyKnowsWhatAnImageNeeds() throws Exception {
        var image = app("damaged:1");
        damage(image);
        assertThatExceptionOfType(BadContentException.class).isThrownBy(() -> images.prune());
        assertThat(image.layers().getFirst().directory()).isDirectory();
    }

    @Test
    void aDamagedImageIsRemovedByForce() throws Exception {
        damage(app("damaged:1"));
        assertThatExceptionOfType(BadContentException.class)
                .isThrownBy(() -> images.remove(name("damaged:1")));
        images.remove(name("damaged:1"), true);
        assertThat(images.find(name("damaged:1"))).isEmpty();
        assertThat(images.prune()).isPositive();
    }

    @Test
    void aDamagedImageIsReplacedByAPullAndByARepair() throws Exception {
        var image = app("damaged:1");
        damage(image);
        assertThat(images.ensure(name("damaged:1"))).isEqualTo(image);
        damage(image);
        assertThat(images.repair(images.verify(image))).isEqualTo(image);
        assertThat(images.verify(image).sound()).isTrue();
    }

    @Test
    void whatIsNotPulledStaysDamaged() throws Exception {
        damage(app("damaged:1"));
        assertThatExceptionOfType(BadContentException.class)
                .isThrownBy(
                        () ->
                                images.pull(
                                        name("damaged:1"),
                                        PullOptions.usual().asking(PullOptions.Policy.NEVER)));
    }

    @Test
    void aDamagedImageThatIsBeingReplacedDoesNotKeepTheStoreFromOpening() throws Exception {
        var image = app("damaged:1");
        damage(image);
        var directory = pelagos.paths().images().imageDir(image.reference().toString());
        Files.writeString(directory.resolve(".new-oci-config.json"), "{}");
        try (var again = Images.open(pelagos, OPTIONS)) {
            assertThat(again.list()).isEmpty();
        }
    }

    @Test
    void aLayerWhoseBlobIsWholeIsUnpackedAgainWithoutARegistry() throws Exception {
        var image = app("app:1");
        registry.close();
        var layer = image.layers().getFirst();
        Files.delete(layer.directory().resolve(".pelagos_complete"));
        assertThat(images.repair(images.verify(image))).isEqualTo(image);
        assertThat(images.verify(image).sound()).isTrue();
        assertThat(layer.directory().resolve("app-1")).hasContent("1");
    }

    @Test
    void whatCannotBeFetchedIsNotTakenAway() throws Exception {
        var image = app("app:1");
        registry.close();
        var layer = image.layers().getFirst();
        Files.delete(layer.directory().resolve(".pelagos_complete"));
        Files.delete(pelagos.paths().images().blobPath(layer.digest().toString()));
        var found = images.verify(image);
        assertThatExceptionOfType(RuntimeException.class)
                .isThrownBy(() -> images.repair(found))
                .isInstanceOf(io.pelagos.image.spec.ImageException.class);
        assertThat(layer.directory().resolve("app-1")).hasContent("1");
    }

    @Test
    void whatAnImportThatWasKilledHasLeftGoesWithTheNextOpening() throws Exception {
        var directories =
                List.of(pelagos.paths().images().blobsDir(), pelagos.paths().images().layersDir());
        Set<Path> seen = ConcurrentHashMap.newKeySet();
        InputStream watched =
                new ByteArrayInputStream(Tars.tar().file("a", "1").bytes()) {
                    @Override
                    public synchronized int read(byte[] into, int at, int length) {
                        directories.forEach(it -> seen.addAll(entries(it)));
                        return super.read(into, at, length);
                    }
                };
        images.importRootfs(watched).tag(name("imported:1"));
        var left =
                seen.stream()
                        .filter(it -> it.toString().endsWith(".partial"))
                        .filter(it -> it.startsWith(directories.getFirst()))
                        .toList();
        assertThat(left).hasSize(1);
        Files.writeString(left.getFirst(), "left");
        Images.open(pelagos, OPTIONS).close();
        assertThat(left.getFirst()).doesNotExist();
    }

    private static List<Path> entries(Path directory) {
        try (var entries = Files.list(directory)) {
            return entries.toList();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
