package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.spec.IdMap;
import io.pelagos.core.spec.IdMapping;
import io.pelagos.core.spec.Mount;
import io.pelagos.core.spec.Owner;
import io.pelagos.core.spec.RootSpec;
import io.pelagos.core.testing.InSandbox;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Bind mounts and layers that show other owners than are on disk. */
class IdMappedMountsIT extends InSandbox {
    private static final List<IdMap> IDS = List.of(new IdMap(0, 300_000, 65_536));

    private Path data;

    @BeforeEach
    void open() throws IOException {
        // The way there must be open to the users of a user namespace, who are nobody on the host.
        Files.setAttribute(directory, "unix:mode", 0755);
        // In a root of their own nobody could make it.
        sandbox.root().file("data/empty", "");
        data = Files.createDirectory(directory.resolve("data"));
        for (int owner : List.of(0, 7, 1000)) {
            var file = Files.writeString(data.resolve("of-" + owner), "");
            Files.setAttribute(file, "unix:uid", owner);
            Files.setAttribute(file, "unix:gid", owner);
        }
    }

    private static Object owner(Path file) throws IOException {
        return Files.getAttribute(file, "unix:uid") + ":" + Files.getAttribute(file, "unix:gid");
    }

    private static String output(ContainerBuilder builder) throws InterruptedException {
        var result = builder.run();
        assertThat(result.stderr()).isEmpty();
        return result.stdout();
    }

    @Test
    void filesBelongToTheContainersOwnUsers() throws Exception {
        var script = "cd /data; stat -c %u:%g of-0 of-7 of-1000; touch new; chown 7:8 new";
        assertThat(
                        output(
                                sandbox.sh(script)
                                        .userNamespace(IDS, IDS)
                                        .mount(Mount.bind(data, "/data").idMapped())))
                .isEqualTo("0:0\n7:7\n1000:1000\n");
        assertThat(owner(data.resolve("new"))).isEqualTo("7:8");
        assertThat(owner(data.resolve("of-0"))).isEqualTo("0:0");
    }

    @Test
    void withoutAMappingTheyBelongToNobody() throws Exception {
        assertThat(
                        output(
                                sandbox.sh("stat -c %u:%g /data/of-0")
                                        .userNamespace(IDS, IDS)
                                        .mount(Mount.bind(data, "/data"))))
                .isEqualTo("65534:65534\n");
    }

    @Test
    void rangesMapWithoutAUserNamespace() throws Exception {
        var mount =
                Mount.bind(data, "/data")
                        .idMapped(
                                new IdMapping(
                                        List.of(new IdMap(1000, 0, 1), new IdMap(0, 50, 1)),
                                        List.of(new IdMap(1000, 20, 1))));
        var script = "cd /data; stat -c %u:%g of-0 of-7 of-1000; touch new; touch of-7";
        var result = sandbox.sh(script).mount(mount).run();
        // Group 0 of the container is no group on disk, so root cannot make a file there.
        assertThat(result.stdout()).isEqualTo("50:65534\n65534:65534\n0:20\n");
        assertThat(result.stderr()).contains("new: Value too large");
        assertThat(data.resolve("new")).doesNotExist();
        Files.setAttribute(data, "unix:uid", 1000);
        Files.setAttribute(data, "unix:gid", 1000);
        var both = Mount.bind(data, "/data").idMapped(new IdMap(1000, 0, 1));
        output(sandbox.sh("touch /data/new").mount(both));
        assertThat(owner(data.resolve("new"))).isEqualTo("1000:1000");
    }

    @Test
    void aMappedMountCanBeReadOnlyAndASingleFile() throws Exception {
        var mount = Mount.readOnly(data.resolve("of-7"), "/etc/one").idMapped(new IdMap(7, 0, 1));
        var result = sandbox.sh("stat -c %u /etc/one; echo x > /etc/one").mount(mount).run();
        assertThat(result.stdout()).isEqualTo("0\n");
        assertThat(result.stderr()).contains("Read-only file system");
    }

    @Test
    void eachMountHasAMappingOfItsOwn() throws Exception {
        var builder =
                sandbox.sh("stat -c %u /a/of-7 /b/of-7 /c/of-7 /d/of-7")
                        .mount(Mount.bind(data, "/a").idMapped(new IdMap(7, 1, 1)))
                        .mount(Mount.bind(data, "/b").idMapped(new IdMap(7, 2, 1)))
                        .mount(Mount.bind(data, "/c"))
                        .mount(Mount.bind(data, "/d").idMapped(new IdMap(7, 1, 1)));
        assertThat(output(builder)).isEqualTo("1\n2\n7\n1\n");
        // What the last containers needed is still there for the next.
        assertThat(output(builder)).isEqualTo("1\n2\n7\n1\n");
    }

    @Test
    void aMissingSourceIsMade() throws Exception {
        var made = directory.resolve("a/b");
        var mount = Mount.bind(made, "/data").createSource().idMapped(new IdMap(0, 0, 1));
        output(sandbox.sh("touch /data/x").mount(mount));
        assertThat(made.resolve("x")).exists();
    }

    @Test
    void theContainersOwnMappingTakesAUserNamespace() {
        var builder = sandbox.sh("true").mount(Mount.bind(data, "/data").idMapped());
        assertThatThrownBy(builder::start)
                .isInstanceOf(InvalidSpecException.class)
                .hasMessageContaining("/data idMapped()")
                .hasMessageContaining("userNamespace");
    }

    @Test
    void aFileSystemThatCannotIsNamedWithTheReason() {
        var builder =
                sandbox.sh("true")
                        .mount(Mount.bind(Path.of("/proc"), "/host").idMapped(new IdMap(0, 0, 1)));
        assertThatThrownBy(builder::start)
                .isInstanceOfSatisfying(
                        SyscallFailedException.class,
                        e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL))
                .hasMessageStartingWith("mapping the ids of /proc: mount_setattr(")
                .hasMessageContaining("cannot show other owners");
    }

    @Test
    void theExplainedPlanShowsTheMapping() {
        assertThat(
                        sandbox.sh("true")
                                .mount(Mount.bind(data, "/data").idMapped(new IdMap(7, 0, 1)))
                                .explain())
                .containsPattern(
                        "mapping the ids of " + data + " +mount_setattr\\(.*MOUNT_ATTR_IDMAP");
    }

    @Test
    void layersThatNobodyKeepsAreMappedWithoutBeingAsked() throws Exception {
        var builder = sandbox.sh(layers(data), "stat -c %u /etc/passwd /of-7; touch /new");
        assertThat(output(builder.userNamespace(IDS, IDS))).isEqualTo("0\n7\n");
        assertThat(builder.explain()).contains("MOUNT_ATTR_IDMAP");
    }

    private Rootfs.Layers layers(Path... more) {
        return Rootfs.layers(
                Stream.concat(Stream.of(sandbox.root().path()), Stream.of(more)).toList());
    }

    @Test
    void filesOfLayersBelongToTheContainersUsers() throws Exception {
        var script =
                "stat -c %u /etc/passwd /of-7 /of-1000; chmod 600 /etc/passwd; touch /new; chown"
                        + " 7:8 /new; rm /of-7; rm -r /home; mkdir /home";
        var root = layers(data).keepingChanges(directory.resolve("kept")).idMapped();
        assertThat(output(sandbox.sh(root, script).userNamespace(IDS, IDS)))
                .isEqualTo("0\n7\n1000\n");
        var upper = directory.resolve("kept/upper");
        assertThat(owner(upper.resolve("etc/passwd"))).isEqualTo("0:0");
        assertThat(owner(upper.resolve("new"))).isEqualTo("7:8");
        assertThat(
                        output(
                                sandbox.sh(root, "stat -c %u /new; ls /of-7 /home 2>&1 | sort")
                                        .userNamespace(IDS, IDS)))
                .isEqualTo("7\n/home:\nls: /of-7: No such file or directory\n");
    }

    @Test
    void whatIsReadAndWrittenFromOutsideHasTheContainersOwners() throws Exception {
        var root = layers().keepingChanges(directory.resolve("kept")).idMapped();
        var builder = sandbox.sh(root, "touch /mine; echo ready; cat").userNamespace(IDS, IDS);
        var source = Files.writeString(directory.resolve("source"), "text");
        var container = builder.start();
        assertThat(container.stdout().read()).isEqualTo('r');
        container.copyIn(source, "/running");
        assertThat(container.exec("stat", "-c", "%u", "/running").run().stdout()).isEqualTo("0\n");
        assertThat(container.diff().stream().map(Object::toString))
                .containsExactlyInAnyOrder("A /mine", "A /running");
        container.stdin().close();
        container.waitFor();
        container.copyIn(source, "/ended", Owner.of(3, 4));
        container.close();
        assertThat(owner(directory.resolve("kept/upper/ended"))).isEqualTo("3:4");
        assertThat(owner(directory.resolve("kept/upper/running"))).isEqualTo("0:0");
    }

    @Test
    void directoriesThatWereMadeAnewHideTheOldOnesInAndOutsideOfUserNamespaces() throws Exception {
        sandbox.root().file("dir/old", "");
        var script = "rm -r /dir; mkdir /dir; touch /dir/new; echo ready; cat";
        var inside = directory.resolve("inside");
        var outside = directory.resolve("outside");
        try (var container =
                sandbox.sh(layers().idMapped(), script).userNamespace(IDS, IDS).start()) {
            ready(container).commit(inside);
        }
        try (var container = sandbox.sh(layers(), script).start()) {
            ready(container).commit(outside);
        }
        for (var layer : List.of(inside, outside)) {
            assertThat(output(sandbox.sh(layers(layer), "ls /dir"))).isEqualTo("new\n");
            var root = layers(layer).idMapped();
            assertThat(output(sandbox.sh(root, "ls /dir").userNamespace(IDS, IDS)))
                    .isEqualTo("new\n");
        }
    }

    @Test
    void forksHaveTheSameOwners() throws Exception {
        var script = "touch /mine; echo ready; cat";
        try (var container =
                        sandbox.sh(layers().idMapped(), script).userNamespace(IDS, IDS).start();
                var snapshot = ready(container).snapshot()) {
            assertThat(output(snapshot.fork().command("stat", "-c", "%u", "/mine", "/etc/passwd")))
                    .isEqualTo("0\n0\n");
        }
    }

    private static Container ready(Container container) throws IOException {
        assertThat(container.stdout().read()).isEqualTo('r');
        return container;
    }

    @Test
    void manyLayersAreMappedAndFilesFromBytesAreThereToo() throws Exception {
        var all = new ArrayList<>(List.of(sandbox.root().path()));
        for (int i = 0; i < 120; i++) {
            var layer = Files.createDirectories(directory.resolve("l/" + i));
            Files.writeString(layer.resolve("file-" + i), "");
            all.add(layer);
        }
        var builder =
                sandbox.sh(
                                Rootfs.layers(all).inMemory().idMapped(),
                                "stat -c %u /file-* | sort | uniq -c | tr -s ' '; cat /etc/given;"
                                        + " wc -l < /proc/self/mounts")
                        .userNamespace(IDS, IDS)
                        .mount(
                                Mount.file(
                                        "/etc/given", "given\n".getBytes(StandardCharsets.UTF_8)));
        var lines = output(builder).lines().toList();
        assertThat(lines.subList(0, 2)).containsExactly(" 120 0", "given");
        // Nothing of the host is left: the root, its usual mounts, and the file.
        assertThat(Integer.parseInt(lines.get(2))).isLessThan(40);
    }

    @Test
    void onlyLayersCanBeMapped() {
        assertThatThrownBy(() -> sandbox.sh(sandbox.root().rootfs().idMapped(), "true").start())
                .isInstanceOf(InvalidSpecException.class)
                .hasMessageContaining("only a root of layers");
    }

    @Test
    void anyRootOfLayersIsMappedThroughTheInterface() {
        Rootfs given =
                () -> new RootSpec.Layers(List.of(data), new RootSpec.Upper.Ephemeral(false));
        assertThat(given.idMapped().root())
                .isEqualTo(
                        new RootSpec.Layers(
                                List.of(data), new RootSpec.Upper.Ephemeral(false), true));
        assertThat(Set.of(given.idMapped())).hasSize(1);
    }
}
