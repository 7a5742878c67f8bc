package io.pelagos.core;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.FileMode;
import io.pelagos.core.spec.IdMap;
import io.pelagos.core.spec.MiB;
import io.pelagos.core.spec.Mount;
import io.pelagos.core.spec.RootSpec;
import io.pelagos.core.testing.ForkedJvm;
import io.pelagos.core.testing.InSandbox;
import io.pelagos.core.testing.Sandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is mounted into a container, and what cannot be done with it. */
class MountsIT extends InSandbox {
    private Path hostDirectory(String name) throws IOException {
        return Files.createDirectories(directory.resolve("host").resolve(name));
    }

    @Test
    void bindMountIsWrittenThroughToTheHost() throws Exception {
        var data = hostDirectory("data");
        Files.writeString(data.resolve("in"), "from the host");
        var result =
                sandbox.sh("cat /srv/data/in; echo back > /srv/data/out")
                        .mount(Mount.bind(data, "/srv/data"))
                        .run();
        assertThat(result.stdout()).isEqualTo("from the host");
        assertThat(data.resolve("out")).hasContent("back\n");
        // The missing target was made inside the root.
        assertThat(sandbox.root().resolve("srv/data")).isEmptyDirectory();
    }

    @Test
    void tmpfsAtDevHasTheUsualDevices() throws Exception {
        var ids = List.of(new IdMap(0, 100_000, 65_536));
        var script =
                "echo lost > /dev/null; head -c 3 /dev/zero | wc -c; readlink /dev/stdin;"
                        + " test -c /dev/tty && test -c /dev/urandom && echo both";
        for (var container :
                List.of(
                        sandbox.sh(script),
                        sandbox.sh(Rootfs.host(), script).userNamespace(ids, ids))) {
            var result =
                    container
                            .withoutDefaultMounts()
                            .mount(Mount.fileSystem("proc", "/proc"))
                            .mount(new Mount.Tmpfs("/dev", MiB.of(1), new FileMode(0755), Set.of()))
                            .run();
            assertThat(result.stderr()).isEmpty();
            assertThat(result.stdout()).isEqualTo("3\n/proc/self/fd/0\nboth\n");
        }
    }

    @Test
    void singleFileIsMounted() throws Exception {
        var file = Files.writeString(hostDirectory("data").resolve("file"), "one file");
        var result =
                sandbox.sh("cat /srv/new/file; ls /srv/new")
                        .mount(Mount.readOnly(file, "/srv/new/file"))
                        .run();
        assertThat(result.stdout()).isEqualTo("one filefile\n");
        assertThat(sandbox.root().resolve("srv/new/file")).isEmptyFile();
    }

    @Test
    void setuidAndDevicesHaveNoEffectInABindMount() throws Exception {
        var data = hostDirectory("data");
        var options =
                sandbox.sh("grep ' /srv ' /proc/self/mounts")
                        .mount(Mount.bind(data, "/srv"))
                        .run()
                        .stdout();
        assertThat(options).contains("nosuid").contains("nodev");
    }

    /** Mounts a file system in memory below a directory, in a mount namespace of that JVM's own. */
    private void inPrivateNamespace(Class<?> main) throws Exception {
        try (var jvm = ForkedJvm.unshared(main, directory.resolve("inner").toString())) {
            var output = jvm.output();
            assertThat(jvm.process().waitFor()).as(output).isZero();
            assertThat(output).contains("done");
        }
    }

    private static void hostMount(Path target, String... options) throws Exception {
        var command = new ArrayList<>(List.of("mount", "-t", "tmpfs"));
        command.addAll(List.of(options));
        command.addAll(List.of("tmpfs", target.toString()));
        run(command);
    }

    private static void run(List<String> command) throws Exception {
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor())
                .as(command.toString())
                .isZero();
    }

    @Test
    void readOnlyMountIsReadOnlyAtEveryDepth() throws Exception {
        inPrivateNamespace(ReadOnlyTree.class);
    }

    /** Runs in a JVM of its own. */
    static final class ReadOnlyTree {
        public static void main(String[] args) throws Exception {
            try (var inner = Sandbox.in(Path.of(args[0]))) {
                var data = Files.createDirectories(inner.directory().resolve("data/a/b"));
                hostMount(data);
                Files.writeString(data.resolve("file"), "nested");
                var top = inner.directory().resolve("data");
                var script =
                        "cat /srv/a/b/file; touch /srv/x; touch /srv/a/b/x; echo y > /srv/a/b/file";
                var result = inner.sh(script).mount(Mount.readOnly(top, "/srv")).run();
                assertThat(result.stdout()).isEqualTo("nested");
                assertThat(result.stderr().lines())
                        .hasSize(3)
                        .allMatch(line -> line.contains("Read-only file system"));
                var writable = inner.sh("echo z > /srv/a/b/file").mount(Mount.bind(top, "/srv"));
                assertThat(writable.run().success()).isTrue();
                assertThat(data.resolve("file")).hasContent("z\n");
                var flat = inner.sh("ls -A /srv/a/b").mount(Mount.bind(top, "/srv").nonRecursive());
                assertThat(flat.run().stdout()).isEmpty();
                System.out.println("done");
            }
        }
    }

    @Test
    void readOnlyRootIsReadOnlyAtEveryDepth() throws Exception {
        inPrivateNamespace(ReadOnlyRoot.class);
    }

    /** Runs in a JVM of its own. */
    static final class ReadOnlyRoot {
        public static void main(String[] args) throws Exception {
            try (var inner = Sandbox.in(Path.of(args[0]))) {
                var nested = Files.createDirectories(inner.root().resolve("var/nested"));
                hostMount(nested);
                var script = "touch /x; touch /var/nested/x; touch /dev/shm/y && echo fine";
                var result = inner.sh(script).readOnlyRoot().run();
                assertThat(result.stdout()).isEqualTo("fine\n");
                assertThat(result.stderr().lines())
                        .hasSize(2)
                        .allMatch(line -> line.contains("Read-only file system"));
                var remount = "mount -o remount,rw /; mount -o remount,bind,rw /var/nested";
                assertThat(inner.sh(remount).readOnlyRoot().run().success()).isFalse();
                System.out.println("done");
            }
        }
    }

    @Test
    void mountsSpreadAsTheirPropagationSays() throws Exception {
        inPrivateNamespace(Propagating.class);
    }

    /** Runs in a JVM of its own. */
    static final class Propagating {
        public static void main(String[] args) throws Exception {
            try (var inner = Sandbox.in(Path.of(args[0]))) {
                var shared = Files.createDirectories(inner.directory().resolve("shared"));
                hostMount(shared);
                run(List.of("mount", "--make-shared", shared.toString()));
                var below = Files.createDirectory(shared.resolve("below"));
                var script = "echo ready; read go; ls /slave/below /private/below";
                try (var container =
                        inner.sh(script)
                                .mount(
                                        Mount.bind(shared, "/slave")
                                                .propagation(Mount.Propagation.SLAVE))
                                .mount(Mount.bind(shared, "/private"))
                                .start()) {
                    assertThat(container.stdout().read()).isEqualTo('r');
                    hostMount(below);
                    Files.writeString(below.resolve("late"), "");
                    try (var in = container.stdin().writer()) {
                        in.write("go\n");
                    }
                    assertThat(container.stdout().text())
                            .isEqualTo("eady\n/private/below:\n\n/slave/below:\nlate\n");
                }
                assertThat(Files.readString(Path.of("/proc/self/mounts"))).doesNotContain("/slave");
                System.out.println("done");
            }
        }
    }

    @Test
    void mountsSpreadIntoARootThatIsASlave() throws Exception {
        inPrivateNamespace(IntoRoot.class);
    }

    /** Runs in a JVM of its own. */
    static final class IntoRoot {
        public static void main(String[] args) throws Exception {
            try (var inner = Sandbox.in(Path.of(args[0]))) {
                var root = ((RootSpec.Directory) inner.command("true").spec().root()).path();
                run(List.of("mount", "--bind", root.toString(), root.toString()));
                run(List.of("mount", "--make-shared", root.toString()));
                var late = Files.createDirectories(root.resolve("late"));
                for (var propagation : Mount.Propagation.values()) {
                    try (var container =
                            inner.sh("echo ready; read go; ls /late; mount -t tmpfs x /mine")
                                    .privileged()
                                    .rootPropagation(propagation)
                                    .mount(Mount.tmpfs("/mine"))
                                    .start()) {
                        assertThat(container.stdout().read()).isEqualTo('r');
                        hostMount(late);
                        Files.writeString(late.resolve("file"), "");
                        try (var in = container.stdin().writer()) {
                            in.write("go\n");
                        }
                        assertThat(container.stdout().text())
                                .as("%s", propagation)
                                .isEqualTo(
                                        propagation == Mount.Propagation.SLAVE
                                                ? "eady\nfile\n"
                                                : "eady\n");
                        assertThat(container.waitFor().success()).isTrue();
                    }
                    assertThat(Files.readString(Path.of("/proc/self/mounts")))
                            .doesNotContain("/mine");
                    run(List.of("umount", late.toString()));
                }
                run(List.of("umount", root.toString()));
                System.out.println("done");
            }
        }
    }

    @Test
    void theRootHasThePropagationThatIsAskedForAndWhatIsMountedInItHasNot() throws Exception {
        var expected =
                java.util.Map.of(
                        Mount.Propagation.PRIVATE, "",
                        Mount.Propagation.SHARED, "shared:",
                        Mount.Propagation.UNBINDABLE, "unbindable");
        for (var entry : expected.entrySet()) {
            var result =
                    sandbox.sh("cat /proc/self/mountinfo; touch /x")
                            .rootPropagation(entry.getKey())
                            .readOnlyRoot()
                            .run();
            assertThat(result.stderr()).contains("Read-only file system");
            for (var line : result.stdout().lines().toList()) {
                var tags = line.replaceFirst("^(\\S+ ){6}", "").replaceFirst("- .*", "");
                if (line.split(" ", -1)[4].equals("/")) {
                    assertThat(tags).startsWith(entry.getValue());
                    assertThat(tags.isEmpty()).isEqualTo(entry.getValue().isEmpty());
                } else {
                    assertThat(tags).as(line).isEmpty();
                }
            }
        }
    }

    @Test
    void mountsOfTheContainerSpreadOnlyFromASharedOne() throws Exception {
        inPrivateNamespace(SpreadingBack.class);
    }

    /** Runs in a JVM of its own. */
    static final class SpreadingBack {
        public static void main(String[] args) throws Exception {
            try (var inner = Sandbox.in(Path.of(args[0]))) {
                var shared = Files.createDirectories(inner.directory().resolve("shared"));
                hostMount(shared);
                run(List.of("mount", "--make-shared", shared.toString()));
                for (var name : List.of("late", "by-shared", "by-slave", "by-private")) {
                    Files.createDirectory(shared.resolve(name));
                }
                var root = Files.createDirectories(inner.root().resolve("late"));
                var script =
                        "for k in shared slave private; do mount -t tmpfs by-$k /$k/by-$k || exit"
                                + " 9; done; echo ready; read go; ls /shared/late /slave/late"
                                + " /private/late /late";
                try (var container =
                        inner.sh(script)
                                .privileged()
                                .mount(
                                        Mount.bind(shared, "/shared")
                                                .propagation(Mount.Propagation.SHARED))
                                .mount(
                                        Mount.bind(shared, "/slave")
                                                .propagation(Mount.Propagation.SLAVE))
                                .mount(Mount.bind(shared, "/private"))
                                .start()) {
                    assertThat(container.stdout().read()).isEqualTo('r');
                    assertThat(Files.readString(Path.of("/proc/self/mounts")))
                            .contains(shared.resolve("by-shared").toString())
                            .doesNotContain("by-slave")
                            .doesNotContain("by-private");
                    hostMount(shared.resolve("late"));
                    Files.writeString(shared.resolve("late/file"), "");
                    // The root is private, whatever the mount is that it lies in.
                    hostMount(root);
                    Files.writeString(root.resolve("file"), "");
                    try (var in = container.stdin().writer()) {
                        in.write("go\n");
                    }
                    assertThat(container.stdout().text())
                            .isEqualTo(
                                    """
                                    eady
                                    /late:

                                    /private/late:

                                    /shared/late:
                                    file

                                    /slave/late:
                                    file
                                    """);
                }
                System.out.println("done");
            }
        }
    }

    @Test
    void tmpfsHasItsSizeAndMode() throws Exception {
        var result =
                sandbox.sh(
                                "stat -c %a /mem; df -k /mem | tail -1; grep ' /mem ' /proc/mounts;"
                                        + " dd if=/dev/zero of=/mem/big bs=1M count=2")
                        .mount(Mount.tmpfs("/mem").size(MiB.of(1)).mode(FileMode.of("0750")))
                        .run();
        assertThat(result.stdout()).startsWith("750\n").contains(" 1024 ", "noexec", "nosuid");
        assertThat(result.stderr()).contains("No space left on device");
        var usual = sandbox.sh("stat -c %a /mem").mount(Mount.tmpfs("/mem")).run();
        assertThat(usual.stdout()).isEqualTo("1777\n");
    }

    @Test
    void fileFromBytesIsThereAndCannotBeChanged() throws Exception {
        var bytes = "secret = 1\n".getBytes(UTF_8);
        var result =
                sandbox.sh("cat /etc/app/conf; stat -c %a /etc/app/conf; echo x > /etc/app/conf")
                        .mount(Mount.file("/etc/app/conf", bytes))
                        .run();
        assertThat(result.stdout()).isEqualTo("secret = 1\n444\n");
        assertThat(result.stderr()).contains("Read-only file system");
        assertThat(sandbox.root().resolve("etc/app/conf")).isEmptyFile();
    }

    @Test
    void largeFileFromBytesIsWhole() throws Exception {
        var bytes = new byte[3 << 20];
        var result = sandbox.command("wc", "-c", "/big").mount(Mount.file("/big", bytes)).run();
        assertThat(result.stdout()).startsWith((3 << 20) + " ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"proc", "sysfs", "cgroup2", "devpts", "mqueue", "tmpfs", "ramfs"})
    void anyFileSystemOfTheKernelIsMounted(String type) throws Exception {
        var result =
                sandbox.sh("grep ' /fs ' /proc/mounts").mount(Mount.fileSystem(type, "/fs")).run();
        assertThat(result.stdout()).contains(" " + type + " ").contains("nosuid,nodev,noexec");
    }

    @Test
    void unknownFileSystemIsNamed() {
        assertThatThrownBy(
                        sandbox.command("true").mount(Mount.fileSystem("no-such-fs", "/fs"))::start)
                .isInstanceOf(SyscallFailedException.class)
                .hasMessageContaining("no-such-fs")
                .hasMessageContaining("/fs");
    }

    @Test
    void usualDevicesAreThere() throws Exception {
        var script =
                "for d in null zero full random urandom tty; do test -c /dev/$d || echo no $d;"
                        + " done; ls -l /dev/fd /dev/stdin /dev/stdout /dev/stderr /dev/ptmx | sed"
                        + " 's/.* \\/dev/\\/dev/'; grep -c -E ' /dev/(pts|shm|mqueue) ' /proc/mounts";
        assertThat(sandbox.sh(script).run().stdout())
                .isEqualTo(
                        """
                        /dev/fd -> /proc/self/fd
                        /dev/ptmx -> pts/ptmx
                        /dev/stderr -> /proc/self/fd/2
                        /dev/stdin -> /proc/self/fd/0
                        /dev/stdout -> /proc/self/fd/1
                        3
                        """);
    }

    @Test
    void mountOfTheCallerReplacesADefaultOne() throws Exception {
        var script = "grep -c ' /dev/shm ' /proc/mounts; df -k /dev/shm | tail -1";
        var result = sandbox.sh(script).mount(Mount.tmpfs("/dev/shm").size(MiB.of(2))).run();
        assertThat(result.stdout()).startsWith("1\n").contains(" 2048 ");
    }

    @Test
    void withoutDefaultMountsOnlyTheRootIsThere() throws Exception {
        var result = sandbox.sh("ls /proc /sys /dev").withoutDefaultMounts().run();
        assertThat(result.stdout()).isEqualTo("/dev:\n\n/proc:\n\n/sys:\n");
    }

    @Test
    void aConfigurationWithoutAMountAtDevHasTheUsualDevices() throws Exception {
        var root = ((RootSpec.Directory) sandbox.command("true").spec().root()).path();
        Files.createDirectories(root.resolve("dev"));
        Files.writeString(root.resolve("dev/own"), "own");
        Files.writeString(root.resolve("dev/zero"), "no device");
        var config =
                """
                {"ociVersion": "1.2.0", "root": {"path": "%s", "readonly": true},
                 "process": {"args": ["sh", "-c", "%s"], "cwd": "/", "env": ["PATH=/bin"]},
                 "mounts": [{"destination": "/proc", "type": "proc"}],
                 "linux": {"namespaces": [{"type": "mount"}, {"type": "pid"}]}}
                """
                        .formatted(
                                root,
                                "head -c 3 /dev/zero | wc -c; head -c 2 /dev/urandom | wc -c;"
                                        + " echo x > /dev/null; cat /dev/own; echo;"
                                        + " echo y | cat /dev/stdin; echo z > /dev/full");
        try (var container = sandbox.pelagos().start(ContainerSpec.fromOci(config))) {
            assertThat(new String(container.stdout().readAllBytes(), UTF_8))
                    .isEqualTo("3\n2\nown\ny\n");
            assertThat(new String(container.stderr().readAllBytes(), UTF_8))
                    .contains("No space left on device");
        }
        assertThat(Files.readString(root.resolve("dev/zero"))).isEqualTo("no device");
    }

    @Test
    void noLinkLeadsADeviceElsewhere() throws Exception {
        var root = ((RootSpec.Directory) sandbox.command("true").spec().root()).path();
        Files.createDirectories(root.resolve("dev"));
        Files.createSymbolicLink(root.resolve("dev/random"), Path.of("/bin/busybox"));
        var config =
                """
                {"ociVersion": "1.2.0", "root": {"path": "%s"},
                 "process": {"args": ["true"], "cwd": "/", "env": ["PATH=/bin"]},
                 "linux": {"namespaces": [{"type": "mount"}]}}
                """
                        .formatted(root);
        assertThatThrownBy(() -> sandbox.pelagos().start(ContainerSpec.fromOci(config)))
                .isInstanceOf(SyscallFailedException.class)
                .hasMessageContaining("/dev/random")
                .hasMessageContaining("ELOOP");
    }

    @Test
    void mountsAreMadeByTheDepthOfTheirTargets() throws Exception {
        var data = hostDirectory("data");
        Files.writeString(data.resolve("deep"), "deep");
        var result =
                sandbox.sh("cat /a/b/c/deep; grep -o ' /a[^ ]*' /proc/mounts")
                        .mount(Mount.bind(data, "/a/b/c"))
                        .mount(Mount.tmpfs("/a/b"))
                        .mount(Mount.tmpfs("/a"))
                        .run();
        assertThat(result.stdout()).isEqualTo("deep /a\n /a/b\n /a/b/c\n");
    }

    @Test
    void missingSourceIsNamedWithARemedyAndLeavesNothing() throws Exception {
        var missing = directory.resolve("no-source");
        assertThatThrownBy(sandbox.command("true").mount(Mount.bind(missing, "/data"))::start)
                .isInstanceOf(SyscallFailedException.class)
                .hasMessageStartingWith(
                        "mounting /data in the container: open_tree(\"" + missing + "\"): ENOENT")
                .hasMessageContaining("createSource()");
        assertThat(sandbox.root().resolve("data")).doesNotExist();
        assertThat(ProcessHandle.current().children()).isEmpty();
        var made = sandbox.command("true").mount(Mount.bind(missing, "/data").createSource()).run();
        assertThat(made.success()).isTrue();
        assertThat(missing).isDirectory();
    }

    @Test
    void targetBehindALinkStaysInsideTheRoot() throws Exception {
        var outside = hostDirectory("outside");
        Files.createSymbolicLink(sandbox.root().resolve("absolute"), outside);
        Files.createSymbolicLink(sandbox.root().resolve("relative"), Path.of("../host/outside"));
        Files.createSymbolicLink(sandbox.root().resolve("inside"), Path.of("/var"));
        var data = hostDirectory("data");
        for (var link : List.of("absolute", "relative")) {
            var mount = Mount.bind(data, "/" + link + "/new");
            try (var started = sandbox.command("true").mount(mount).start()) {
                started.waitFor();
            } catch (SyscallFailedException e) {
                assertThat(e).hasMessageContaining("/" + link + "/new");
            }
            assertThat(outside).isEmptyDirectory();
        }
        var result =
                sandbox.command("cat", "/var/new/x")
                        .mount(Mount.tmpfs("/inside/new"))
                        .mount(Mount.file("/inside/new/x", new byte[] {'y'}))
                        .run();
        assertThat(result.stdout()).isEqualTo("y");
    }

    @Test
    void nothingIsMountedThroughALinkOverTheKernelsPaths() throws Exception {
        Files.delete(sandbox.root().resolve("proc"));
        Files.createDirectories(sandbox.root().resolve("fake/sys"));
        Files.createSymbolicLink(sandbox.root().resolve("proc"), Path.of("fake"));
        assertThatThrownBy(sandbox.command("true")::start)
                .isInstanceOf(SyscallFailedException.class)
                .hasMessageContaining("/proc");
    }

    @Test
    void maskedPathsCannotBeRead() throws Exception {
        sandbox.root().file("etc/secret", "secret").file("srv/hidden/file", "hidden");
        var result =
                sandbox.sh(
                                "cat /etc/secret; ls -A /srv/hidden; cat /proc/kcore | head -c 1;"
                                        + " touch /srv/hidden/x")
                        .mask("/etc/secret", "/srv/hidden", "/no/such/path")
                        .run();
        assertThat(result.stdout()).isEmpty();
        assertThat(result.stderr()).contains("Read-only file system");
        assertThat(sandbox.root().resolve("etc/secret")).hasContent("secret");
        assertThat(sandbox.root().resolve("no")).doesNotExist();
    }

    @Test
    void readOnlyPathsCannotBeChanged() throws Exception {
        sandbox.root().file("srv/fixed/file", "fixed");
        var result =
                sandbox.sh("echo x > /srv/fixed/file; echo 1 > /proc/sys/kernel/domainname")
                        .readOnly("/srv/fixed")
                        .run();
        assertThat(result.stderr().lines())
                .hasSize(2)
                .allMatch(line -> line.contains("Read-only file system"));
        assertThat(sandbox.root().resolve("srv/fixed/file")).hasContent("fixed");
    }

    @Test
    void mountsOfTheContainerAreNotSeenByTheHost() throws Exception {
        var before = Files.readString(Path.of("/proc/self/mountinfo"));
        try (var container = sandbox.command("sleep", "1000").mount(Mount.tmpfs("/mem")).start()) {
            assertThat(container.isAlive()).isTrue();
            assertThat(Files.readString(Path.of("/proc/self/mountinfo"))).isEqualTo(before);
        }
    }
}
