package io.pelagos.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.pelagos.core.ContainerStateException;
import io.pelagos.core.Pelagos;
import io.pelagos.core.Ready;
import io.pelagos.core.Rootfs;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.Mount;
import io.pelagos.image.spec.ImageConfig;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images of containers, and archives of their files. */
class CommitIT {
    private static final String CHANGES =
            """
            echo new > /created
            echo more >> /data/one
            rm /data/two
            rm -r /data/sub
            mkdir /data/sub
            echo 4 > /data/sub/four
            ln /created /data/linked
            ln -s created /soft
            echo ready
            """;

    @TempDir private Path temporary;

    private Pelagos pelagos;
    private Images images;
    private Image base;

    @BeforeEach
    void open() throws Exception {
        pelagos = Pelagos.open(PelagosPaths.under(temporary.resolve("pelagos")));
        images = images(Map.of());
        base =
                images.build()
                        .layer(ImageBuilderIT.busybox())
                        .env("PATH", "/bin")
                        .command("sh")
                        .label("kept", "yes")
                        .tag("base:1");
    }

    private Images images(Map<String, String> environment) {
        return Images.open(pelagos, ImageOptions.usual().withEnvironment(environment));
    }

    @AfterEach
    void close() {
        images.close();
        pelagos.close();
    }

    private static final String LOOK =
            """
            cat /created /data/one /data/sub/four /soft
            ls /data /data/sub
            stat -c %h /created
            """;

    private static final String SEEN =
            """
            new
            1more
            4
            new
            /data:
            linked
            one
            sub

            /data/sub:
            four
            2
            """;

    private String run(Image image, String script) throws Exception {
        var result = pelagos.container(image).command("sh", "-c", script).run();
        assertThat(result.stderr()).isEmpty();
        return result.stdout();
    }

    @Test
    void whatAContainerHasChangedIsAnImage() throws Exception {
        try (var container =
                pelagos.container(base)
                        .command("sh", "-c", CHANGES + "sleep 1000")
                        .mount(Mount.tmpfs("/srv"))
                        .start()) {
            assertThat(container.stdout().lines().findFirst()).contains("ready");
            var image = images.commit(container).env("MORE", "x").tag("committed:1");
            assertThat(run(image, LOOK)).isEqualTo(SEEN);
            assertThat(container.isAlive()).isTrue();
            assertThat(image.layers()).startsWith(base.layers().getFirst()).hasSize(2);
            assertThat(image.config().execution().env()).containsExactly("PATH=/bin", "MORE=x");
            assertThat(image.config().execution().cmd()).containsExactly("sh");
            assertThat(image.config().execution().labels()).containsEntry("kept", "yes");
            assertThat(image.config().history())
                    .filteredOn(it -> !it.emptyLayer())
                    .hasSize(2)
                    .last()
                    .extracting(ImageConfig.History::createdBy)
                    .asString()
                    .contains("echo new");
            var again = images.commit(container).env("MORE", "x").tag("committed:2");
            assertThat(again.digest()).isEqualTo(image.digest());
            assertThat(names(image.layers().getLast()))
                    .contains("data/.wh.two", "data/sub/.wh..wh..opq", "data/sub/four")
                    .doesNotContain("data/sub/.wh.three", "srv/");
            try (var dated = images(Map.of("SOURCE_DATE_EPOCH", "1000000000"))) {
                var old = dated.commit(container).tag("committed:3");
                assertThat(old.config().created()).isEqualTo(Instant.ofEpochSecond(1_000_000_000));
                assertThat(run(old, "stat -c %Y /created")).isEqualTo("1000000000\n");
            }
        }
    }

    /** The names in a layer, in their order. */
    private List<String> names(Layer layer) throws Exception {
        var blob = pelagos.paths().images().blobPath(layer.digest().toString());
        try (var in = new java.util.zip.GZIPInputStream(Files.newInputStream(blob))) {
            return List.copyOf(entries(in.readAllBytes()).keySet());
        }
    }

    private static Map<String, String> entries(byte[] archive) throws Exception {
        var all = new java.util.LinkedHashMap<String, String>();
        try (var tar = new TarArchiveInputStream(new ByteArrayInputStream(archive))) {
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                all.put(
                        entry.getName(),
                        "%o %d %d %s %s %s"
                                .formatted(
                                        entry.getMode(),
                                        entry.getLongUserId(),
                                        entry.getLongGroupId(),
                                        entry.getLastModifiedTime(),
                                        entry.getLinkName(),
                                        entry.isFile()
                                                ? new String(tar.readAllBytes(), UTF_8).hashCode()
                                                : ""));
            }
        }
        return all;
    }

    @Test
    void aDetachedContainerIsCommitted() throws Exception {
        var container =
                pelagos.container(base)
                        .command("sh", "-c", CHANGES + "sleep 1000")
                        .name("detached")
                        .startDetached();
        try {
            container.awaitReady(Ready.log("ready"), Duration.ofMinutes(1));
            var found = pelagos.containers().find("detached");
            var image = images.commit(found).tag("committed:1");
            assertThat(run(image, LOOK)).isEqualTo(SEEN);
            assertThat(found.isAlive()).isTrue();
            var archive = new ByteArrayOutputStream();
            images.export(found, archive);
            assertThat(entries(archive.toByteArray()))
                    .containsKeys("created", "data/sub/four", "usr/bin/busybox")
                    .doesNotContainKeys("data/two", ".pelagos_complete", "proc/self");
        } finally {
            container.remove(true);
        }
        assertThatExceptionOfType(ContainerStateException.class)
                .isThrownBy(() -> images.commit(container).tag("x"));
    }

    @Test
    void anExportedRootIsImportedAgainAndTheSame() throws Exception {
        try (var container =
                pelagos.container(base).command("sh", "-c", CHANGES + "sleep 1000").start()) {
            assertThat(container.stdout().lines().findFirst()).contains("ready");
            var first = new ByteArrayOutputStream();
            images.export(container, first);
            var imported =
                    images.importRootfs(new ByteArrayInputStream(first.toByteArray()))
                            .env("PATH", "/bin")
                            .tag("imported");
            assertThat(imported.layers()).hasSize(1);
            assertThat(run(imported, LOOK)).isEqualTo(SEEN);
            var second = new ByteArrayOutputStream();
            images.export(imported, second);
            assertThat(new TreeMap<>(entries(second.toByteArray())))
                    .isEqualTo(new TreeMap<>(entries(first.toByteArray())));
            assertThat(second.toByteArray()).isEqualTo(first.toByteArray());
        }
    }

    @Test
    void whatDoesNotFitIntoALayerIsRefusedAndLeavesNothing() throws Exception {
        try (var container =
                pelagos.container(base)
                        .command("sh", "-c", "echo x > /data/.wh.one; echo ready; sleep 1000")
                        .start()) {
            assertThat(container.stdout().lines().findFirst()).contains("ready");
            assertThatExceptionOfType(UncheckedIOException.class)
                    .isThrownBy(() -> images.commit(container).tag("x"))
                    .withStackTraceContaining("data/.wh.one");
            assertThat(images.find("x")).isEmpty();
            assertThat(container.isAlive()).isTrue();
        }
    }

    @Test
    void onlyContainersOfImagesThatAreHereAreCommitted() throws Exception {
        try (var container = pelagos.container(Rootfs.host()).command("sleep", "100").start()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> images.commit(container))
                    .withMessageContaining(container.name());
        }
        try (var container = pelagos.container(base).command("sleep", "100").start()) {
            images.remove("base:1", true);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> images.commit(container))
                    .withMessageContaining("no image");
        }
    }
}
