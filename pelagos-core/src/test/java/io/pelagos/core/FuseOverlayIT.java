package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.Change;
import io.pelagos.core.spec.ContainerSpec.Supervision;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.IdMap;
import io.pelagos.core.spec.OverlayBackend;
import io.pelagos.core.spec.Signal;
import io.pelagos.core.testing.FuseServers;
import io.pelagos.core.testing.LeakCheck;
import io.pelagos.core.testing.Sandbox;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Root file systems of layers that fuse-overlayfs stacks, for root. */
@ExtendWith(LeakCheck.class)
class FuseOverlayIT {
    @TempDir private Path directory;
    private Sandbox sandbox;

    @BeforeEach
    void open() {
        sandbox = Sandbox.in(directory);
        assumeTrue(FuseOverlay.find().isPresent(), "needs fuse-overlayfs");
        assumeTrue(Files.isWritable(FuseOverlay.DEVICE), "needs /dev/fuse");
    }

    @AfterEach
    void close() {
        sandbox.close();
        assertThat(FuseServers.below(directory)).isEmpty();
    }

    private Rootfs.Layers layers(Path... higher) {
        var all = new ArrayList<>(List.of(sandbox.root().path()));
        all.addAll(List.of(higher));
        return Rootfs.layers(all).stackedBy(OverlayBackend.FUSE);
    }

    private String run(Rootfs root, String script) throws InterruptedException {
        var result = sandbox.sh(root, script).run();
        assertThat(result.stderr()).isEmpty();
        return result.stdout();
    }

    private Path scratch() {
        return PelagosPaths.under(directory.resolve("pelagos")).scratch().overlayRoot();
    }

    /** Starts a container that does something, says so, and stays until its input ends. */
    private Container after(Rootfs root, String script) throws Exception {
        var container = sandbox.sh(root, script + "\necho ready; cat").start();
        var lines =
                new BufferedReader(
                        new InputStreamReader(container.stdout(), StandardCharsets.UTF_8));
        assertThat(lines.readLine()).isEqualTo("ready");
        return container;
    }

    private static List<String> texts(List<Change> changes) {
        return changes.stream().map(Change::toString).toList();
    }

    @Test
    void changesGoToALayerThatIsRemovedWithTheContainer() throws Exception {
        sandbox.root().file("etc/word", "low");
        assertThat(
                        run(
                                layers(),
                                "echo changed > /etc/word; rm /etc/group; cat /etc/word; ls /etc"
                                        + "; grep ' / ' /proc/mounts"))
                .startsWith("changed\npasswd\nword\nfuse-overlayfs / fuse.fuse-overlayfs");
        assertThat(sandbox.root().resolve("etc/word")).hasContent("low");
        assertThat(sandbox.root().resolve("etc/group")).exists();
        assertThat(scratch()).isEmptyDirectory();
    }

    @ParameterizedTest
    @EnumSource(
            value = Supervision.class,
            names = {"ATTACHED", "CHILD"})
    void serverIsInNoNamespaceOfTheContainerAndEndsWithIt(Supervision supervision)
            throws Exception {
        try (var container =
                sandbox.sh(layers(), "echo ready; cat").supervision(supervision).start()) {
            assertThat(container.stdout().read()).isEqualTo('r');
            var servers = FuseServers.below(directory);
            assertThat(servers).hasSize(1);
            long server = servers.getFirst();
            assertThat(FuseServers.namespace(server, "pid"))
                    .isEqualTo(FuseServers.namespace(ProcessHandle.current().pid(), "pid"));
            assertThat(container.exec("ps").run().stdout()).doesNotContain("fuse-overlayfs");
            // It makes pipes for itself, of which it has both ends.
            var descriptors = FuseServers.descriptors(server);
            assertThat(descriptors)
                    .contains("/dev/null", "/dev/fuse")
                    .noneMatch(d -> d.contains("socket:"))
                    .noneMatch(
                            d -> d.contains("pipe:") && Collections.frequency(descriptors, d) != 2);
            assertThat(Files.readString(Path.of("/proc/" + server + "/status")))
                    .contains("NoNewPrivs:\t1");
        }
        assertThat(FuseServers.below(directory)).isEmpty();
        assertThat(scratch()).isEmptyDirectory();
    }

    @Test
    void hundredsOfLayersAreStacked() throws Exception {
        var higher = new ArrayList<Path>();
        for (int i = 0; i < 499; i++) {
            var layer = directory.resolve("layers/a,b:c\\d" + "x".repeat(150) + i);
            Files.createDirectories(layer.resolve("n"));
            Files.writeString(layer.resolve("n/" + i), "" + i);
            higher.add(layer);
        }
        assertThat(run(layers(higher.toArray(Path[]::new)), "ls /n | wc -l; cat /n/0 /n/498"))
                .isEqualTo("499\n0498");
    }

    @Test
    void changesOfAKeptLayerAreThereForTheNextContainer() throws Exception {
        var root = layers().keepingChanges(directory.resolve("kept"));
        run(root, "echo mine > /root/mine; rm -r /home; rm /etc/group; mkdir /etc/group");
        assertThat(directory.resolve("kept/upper/root/mine")).hasContent("mine");
        // Whoever wrote them is found again where nobody says who.
        var again = root.stackedBy(OverlayBackend.AUTO);
        assertThat(
                        run(
                                again,
                                "cat /root/mine; test -d /home || echo gone; ls -a /etc/group"
                                        + "; grep -c fuse.fuse-overlayfs /proc/mounts"))
                .isEqualTo("mine\ngone\n.\n..\n1\n");
        assertThatThrownBy(() -> sandbox.sh(root.stackedBy(OverlayBackend.KERNEL), "true").start())
                .isInstanceOf(InvalidSpecException.class)
                .hasMessageContaining("stackedBy")
                .hasMessageContaining("written by fuse-overlayfs");
    }

    @Test
    void whatWasWrittenIsInTheLayerWhenTheEndIsTold() throws Exception {
        var root = layers().keepingChanges(directory.resolve("kept"));
        try (var container = after(root, "dd if=/dev/zero of=/big bs=1M count=8 2>/dev/null")) {
            container.kill();
            assertThat(container.waitFor()).isEqualTo(new Exit.Killed(Signal.KILL, false));
            assertThat(directory.resolve("kept/upper/big")).hasSize(8 << 20);
            assertThat(FuseServers.below(directory)).isEmpty();
        }
    }

    @Test
    void killedServerIsAnErrorInTheContainerThatEndsAsAnyOther() throws Exception {
        try (var container = sandbox.sh(layers(), "echo up; read go; cat /etc/passwd").start()) {
            assertThat(container.stdout().read()).isEqualTo('u');
            var server = ProcessHandle.of(FuseServers.below(directory).getFirst()).orElseThrow();
            assertThat(server.destroyForcibly()).isTrue();
            container.stdin().write('\n');
            container.stdin().close();
            // An error where a file is opened, or a signal where a page of the program is missing.
            assertThat(container.waitFor()).isNotEqualTo(new Exit.Code(0));
            assertThat(container.stdout().text()).doesNotContain("root");
        }
        assertThat(scratch()).isEmptyDirectory();
    }

    @Test
    void failedStartLeavesNeitherServerNorLayer() {
        var container = sandbox.pelagos().container(layers()).command("/no/such");
        assertThatThrownBy(container::start).isInstanceOf(CommandException.class);
        assertThat(scratch()).isEmptyDirectory();
        assertThat(FuseServers.below(directory)).isEmpty();
    }

    @Test
    void ownersOfAUserNamespaceThatRootMakesAreRefused() {
        var ids = List.of(new IdMap(0, 300_000, 65_536));
        for (var root : List.of(layers(), layers().idMapped())) {
            assertThatThrownBy(() -> sandbox.sh(root, "true").userNamespace(ids, ids).start())
                    .isInstanceOf(InvalidSpecException.class)
                    .hasMessageContaining("stackedBy")
                    .hasMessageContaining("fuse-overlayfs");
        }
        assertThat(scratch())
                .satisfiesAnyOf(
                        path -> assertThat(path).doesNotExist(),
                        path -> assertThat(path).isEmptyDirectory());
    }

    @Test
    void filesAreCopiedAndChangesSnapshotAndCommitted() throws Exception {
        var script = "rm /etc/group; rm -r /home/app; mkdir /home/app; echo 1 > /home/app/mine";
        Files.writeString(directory.resolve("in"), "from outside");
        try (var container = after(layers(), script)) {
            container.copyIn(directory.resolve("in"), "/in");
            assertThat(container.exec("cat", "/in").run().stdout()).isEqualTo("from outside");
            container.copyOut("/home/app/mine", directory.resolve("out"));
            assertThat(directory.resolve("out")).hasContent("1");
            assertThat(texts(container.diff()))
                    .containsExactlyInAnyOrder("A /in", "A /home/app/mine", "D /etc/group");
            container.commit(directory.resolve("committed"));
            try (var snapshot = container.snapshot();
                    var forked = snapshot.fork().command("ls", "/", "/home/app").start()) {
                assertThat(forked.stdout().text()).contains("in\n", "mine\n");
            }
        }
        var committed =
                Rootfs.layers(List.of(sandbox.root().path(), directory.resolve("committed")));
        assertThat(run(committed, "ls -a /home/app; test -e /etc/group || echo gone"))
                .isEqualTo(".\n..\nmine\ngone\n");
    }

    @Test
    void planIsPrinted() {
        assertThat(sandbox.sh(layers(), "true").explain())
                .contains("starting fuse-overlayfs")
                .contains("/dev/fuse")
                .contains("waiting for fuse-overlayfs")
                .doesNotContain("lowerdir+");
    }
}
