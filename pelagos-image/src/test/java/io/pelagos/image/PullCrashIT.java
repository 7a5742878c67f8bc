package io.pelagos.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.Pelagos;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.image.fixtures.ForkedJvm;
import io.pelagos.image.fixtures.Noise;
import io.pelagos.image.fixtures.PullingJvm;
import io.pelagos.image.fixtures.Tars;
import io.pelagos.image.fixtures.TreeListing;
import io.pelagos.image.testing.Fault;
import io.pelagos.image.testing.TestRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several JVMs with one store, some of which are killed. */
class PullCrashIT {
    /** Two each time, which are killed one after the other. */
    private static final int ROUNDS = 25;

    /** Lines of a JVM: about two rounds of pulling, naming, removing and pruning. */
    private static final int LINES = 60;

    private static final ImageOptions OPTIONS =
            ImageOptions.usual().withEnvironment(Map.of()).withAttempts(2, Duration.ofMillis(1));

    @TempDir private Path temporary;

    private TestRegistry registry;
    private PelagosPaths paths;

    @BeforeEach
    void start() {
        registry = TestRegistry.start();
        registry.putImage("app:1", layer(1), layer(2), layer(3));
        paths = PelagosPaths.under(temporary.resolve("store"));
    }

    @AfterEach
    void stop() {
        registry.close();
    }

    private static byte[] layer(int seed) {
        var tar = Tars.tar().directory("dir" + seed + "/", 1_000_000_000L + seed);
        for (int i = 0; i < 20; i++) {
            tar.file("dir" + seed + "/f" + i, Noise.of(10_000, seed * 100L + i), 0640, 33, i);
        }
        tar.symlink("link" + seed, "dir" + seed).hardLink("hard" + seed, "dir" + seed + "/f0");
        return tar.file("dir" + seed + "/.wh.gone", "").gzip();
    }

    private String image() {
        return registry.address() + "/app:1";
    }

    private ForkedJvm pulling(String how) throws IOException {
        return ForkedJvm.start(
                PullingJvm.class, temporary.resolve("store").toString(), image(), how);
    }

    /** What a store that nothing bad has happened to makes of the image. */
    private static Map<String, Map<String, String>> trees(Image image) throws IOException {
        var trees = new HashMap<String, Map<String, String>>();
        for (var layer : image.layers()) {
            trees.put(layer.digest().hex(), TreeListing.of(layer.directory()));
        }
        return trees;
    }

    private Map<String, Map<String, String>> source() throws Exception {
        try (var pelagos = Pelagos.open(PelagosPaths.under(temporary.resolve("source")));
                var images = Images.open(pelagos, OPTIONS)) {
            var trees = trees(images.pull(image()));
            assertThat(trees).hasSize(3);
            return trees;
        }
    }

    @Test
    void twoProcessesFetchEachLayerOnce() throws Exception {
        var source = source();
        registry.clearRequests();
        // So slowly that each is surely on its way while the other one comes.
        registry.fault(Fault.slow(400_000).path("/blobs/").times(Fault.ALWAYS));
        try (var one = pulling("once");
                var other = pulling("once")) {
            one.await("ready");
            other.await("ready");
            one.go();
            other.go();
            assertThat(one.await("pulled ")).isEqualTo(other.await("pulled "));
            assertThat(one.process().waitFor()).isZero();
            assertThat(other.process().waitFor()).isZero();
        }
        for (var layer : source.keySet()) {
            assertThat(registry.requests())
                    .filteredOn(it -> it.method().equals("GET") && it.path().endsWith(layer))
                    .hasSize(1);
        }
        try (var pelagos = Pelagos.open(paths);
                var images = Images.open(pelagos, OPTIONS)) {
            assertThat(trees(images.get(image()))).isEqualTo(source);
        }
    }

    @Test
    void whoeverIsKilledLeavesNothingThatMatters() throws Exception {
        var source = source();
        long seed = System.nanoTime();
        var random = new Random(seed);
        for (int round = 0; round < ROUNDS; round++) {
            killTwo(random);
            check(source, "round " + round + " of seed " + seed);
        }
    }

    private void killTwo(Random random) throws Exception {
        try (var one = pulling("again");
                var other = pulling("again")) {
            for (var each : List.of(one, other)) {
                each.await("ready");
                each.go();
            }
            for (var each : List.of(one, other)) {
                for (int i = random.nextInt(LINES); i > 0; i--) {
                    each.await("");
                }
                each.kill();
            }
        }
    }

    private void check(Map<String, Map<String, String>> source, String when) throws Exception {
        try (var pelagos = Pelagos.open(paths);
                var images = Images.open(pelagos, OPTIONS)) {
            assertThat(leftovers()).as(when).isEmpty();
            for (var image : images.list()) {
                for (var layer : image.layers()) {
                    if (Files.exists(layer.directory().resolve(".pelagos_complete"))) {
                        assertThat(TreeListing.of(layer.directory()))
                                .as(when)
                                .isEqualTo(source.get(layer.digest().hex()));
                    }
                }
            }
            assertThat(trees(images.pull(image()))).as(when).isEqualTo(source);
            for (var image : images.list()) {
                images.remove(image.reference().toString());
            }
            images.prune();
            assertThat(everything()).as(when).isEmpty();
        }
    }

    private List<String> everything() throws IOException {
        var all = new ArrayList<String>();
        for (var directory : List.of("layers", "blobs", "images")) {
            try (var files = Files.list(paths.dataDir().resolve(directory))) {
                files.forEach(it -> all.add(directory + "/" + it.getFileName()));
            }
        }
        return all;
    }

    /** What nobody would ever use: parts, locks, notes about what is not there. */
    private List<String> leftovers() throws IOException {
        var all = new ArrayList<String>();
        for (var name : everything()) {
            var base = paths.dataDir().resolve(name);
            boolean orphan =
                    name.endsWith(".diffid")
                            && !Files.exists(
                                    base.resolveSibling(
                                            base.getFileName()
                                                    .toString()
                                                    .replace(".diffid", ".tar.gz")));
            if (orphan || name.endsWith(".partial") || name.endsWith(".lock")) {
                all.add(name);
            } else if (name.startsWith("images/")) {
                try (var files = Files.list(base)) {
                    files.filter(it -> it.getFileName().toString().startsWith("."))
                            .forEach(it -> all.add(it.toString()));
                }
                if (!Files.exists(base.resolve("manifest.json"))) {
                    all.add(name);
                }
            }
        }
        return all;
    }
}
