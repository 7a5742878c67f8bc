package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.Change;
import io.pelagos.core.testing.InSandbox;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a container has changed, and other containers that start from it. */
class SnapshotIT extends InSandbox {
    private Rootfs.Layers layers() {
        return Rootfs.layers(List.of(sandbox.root().path()));
    }

    private Path scratch() {
        return PelagosPaths.under(directory.resolve("pelagos")).scratch().overlayRoot();
    }

    /** Starts a container that does something, says so, and stays until its input ends. */
    private Container after(Rootfs root, String script) throws Exception {
        var container = sandbox.sh(root, script + "\necho ready; cat").start();
        awaitReady(container);
        return container;
    }

    private static void awaitReady(Container container) throws Exception {
        var lines =
                new BufferedReader(
                        new InputStreamReader(container.stdout(), StandardCharsets.UTF_8));
        assertThat(lines.readLine()).isEqualTo("ready");
    }

    private static List<String> texts(List<Change> changes) {
        return changes.stream().map(Change::toString).toList();
    }

    @Test
    void diffTellsWhatWasAddedChangedAndDeleted() throws Exception {
        sandbox.root().file("etc/dir/a", "a").file("etc/dir/b", "b");
        var script =
                """
                mkdir /new; echo x > /new/file
                echo more >> /etc/passwd
                chmod 700 /home
                rm /etc/group
                rm -r /etc/dir; mkdir /etc/dir; echo c > /etc/dir/c
                : >> /etc/dir/c
                """;
        try (var container = after(layers(), script)) {
            assertThat(texts(container.diff()))
                    .containsExactlyInAnyOrder(
                            "A /new",
                            "A /new/file",
                            "C /etc/passwd",
                            "C /home",
                            "D /etc/group",
                            "A /etc/dir/c",
                            "D /etc/dir/a",
                            "D /etc/dir/b");
        }
    }

    @Test
    void containerThatChangedNothingHasNoDifference() throws Exception {
        try (var container = after(layers(), "cat /etc/passwd > /dev/null")) {
            assertThat(container.diff()).isEmpty();
        }
    }

    @Test
    void diffOfAKeptLayerIsThereWhenTheContainerHasEnded() throws Exception {
        var kept = layers().keepingChanges(directory.resolve("kept"));
        var container = sandbox.sh(kept, "echo x > /x").start();
        container.waitFor();
        assertThat(texts(container.diff())).containsExactly("A /x");
        container.close();
    }

    @Test
    void diffOfAnEphemeralLayerIsRefusedWhenTheContainerHasEnded() throws Exception {
        var container = sandbox.sh(layers(), "echo x > /x").start();
        container.waitFor();
        assertThatThrownBy(container::diff)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("gone with it");
        container.close();
    }

    @Test
    void committedChangesAreALayer() throws Exception {
        var script =
                """
                rm /etc/group; mkdir -p /data; echo one > /data/one; ln /data/one /data/two
                ln -s one /data/link; chown 5:6 /data/one; chmod 4750 /data/one
                rm -r /home; mkdir /home; mkfifo /data/pipe
                dd if=/dev/zero of=/data/sparse bs=1 count=1 seek=10000000 2>/dev/null
                """;
        var layer = directory.resolve("layer");
        try (var container = after(layers(), script)) {
            container.commit(layer);
            assertThat(container.isAlive()).isTrue();
        }
        var look =
                """
                ls /etc; ls /home; cat /data/link; stat -c '%u:%g %a %h' /data/two; test -p /data/pipe
                stat -c '%s' /data/sparse; test $(stat -c '%b' /data/sparse) -lt 100 && echo sparse
                """;
        var both = Rootfs.layers(List.of(sandbox.root().path(), layer));
        assertThat(sandbox.sh(both, look).run().stdout())
                .isEqualTo("passwd\none\n5:6 4750 2\n10000001\nsparse\n");
    }

    @Test
    void commitIntoWhatExistsIsRefused() throws Exception {
        try (var container = after(layers(), "echo x > /x")) {
            assertThatThrownBy(() -> container.commit(directory))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("exists already");
        }
    }

    @Test
    void snapshotIsTheStateOfOneMoment() throws Exception {
        try (var container = after(layers(), "echo before > /word");
                var snapshot = container.snapshot()) {
            container.copyIn(Files.writeString(directory.resolve("w"), "after"), "/word");
            var fork = snapshot.fork().command("cat", "/word").run();
            assertThat(fork.stdout()).isEqualTo("before\n");
        }
    }

    @Test
    void forksShareNothingWithEachOther() throws Exception {
        try (var container = after(layers(), "echo warm > /word");
                var snapshot = container.snapshot();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var runs =
                    IntStream.range(0, 8)
                            .mapToObj(
                                    i ->
                                            threads.submit(
                                                    () ->
                                                            snapshot.fork()
                                                                    .command(
                                                                            "sh",
                                                                            "-c",
                                                                            "cat /word; echo "
                                                                                    + i
                                                                                    + " > /word;"
                                                                                    + " cat /word")
                                                                    .run()))
                            .toList();
            for (int i = 0; i < runs.size(); i++) {
                assertThat(runs.get(i).get().stdout()).isEqualTo("warm\n" + i + "\n");
            }
        }
        assertThat(scratch()).isEmptyDirectory();
    }

    @Test
    void forkHasTheOptionsOfItsContainer() throws Exception {
        var builder =
                sandbox.sh(layers(), "id -u; echo $WORD; pwd; cat")
                        .user(7, 8)
                        .env("WORD", "w")
                        .cwd("/tmp");
        try (var container = builder.start();
                var fork = container.fork().start()) {
            fork.stdin().close();
            assertThat(fork.stdout().text()).isEqualTo("7\nw\n/tmp\n");
        }
        assertThat(scratch()).isEmptyDirectory();
    }

    @Test
    void snapshotLivesAsLongAsAForkUsesIt() throws Exception {
        try (var container = after(layers(), "echo warm > /word")) {
            var snapshot = container.snapshot();
            try (var fork =
                    snapshot.fork().command("sh", "-c", "echo ready; cat; cat /word").start()) {
                snapshot.close();
                snapshot.close();
                assertThatThrownBy(snapshot::fork).isInstanceOf(IllegalStateException.class);
                fork.stdin().close();
                assertThat(fork.stdout().text()).isEqualTo("ready\nwarm\n");
            }
            assertThat(snapshot.layers().getLast()).doesNotExist();
        }
    }

    @Test
    void snapshotOfAForkKeepsWhatItStandsOn() throws Exception {
        try (var container = after(layers(), "echo one > /one")) {
            var first = container.snapshot();
            Snapshot second;
            try (var fork =
                    first.fork().command("sh", "-c", "echo two > /two; echo ready; cat").start()) {
                awaitReady(fork);
                second = fork.snapshot();
            }
            first.close();
            assertThat(second.fork().command("cat", "/one", "/two").run().stdout())
                    .isEqualTo("one\ntwo\n");
            second.close();
        }
        assertThat(scratch()).isEmptyDirectory();
    }

    @Test
    void snapshotOfADirectoryIsRefused() throws Exception {
        try (var container = sandbox.sh("cat").start()) {
            assertThatThrownBy(container::snapshot)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("Rootfs.layers");
        }
    }

    @Test
    void pausedContainerStaysPaused() throws Exception {
        try (var container = after(layers(), "echo x > /x")) {
            container.pause();
            container.snapshot().close();
            container.resume();
            container.stdin().close();
            assertThat(container.waitFor().code()).isZero();
        }
    }
}
