package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.security.Capability;
import io.pelagos.core.security.SeccompProfile;
import io.pelagos.core.spec.Mount;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.Stdio;
import io.pelagos.core.testing.BusyboxRoot;
import io.pelagos.core.testing.LeakCheck;
import io.pelagos.core.testing.TryProgram;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Known ways out of containers, each tried against this runtime. */
@ExtendWith(LeakCheck.class)
class BreakoutIT extends Trial {
    @TempDir private Path outside;
    private BusyboxRoot hostile;

    @BeforeEach
    void makeAHostileRoot() throws IOException {
        hostile = BusyboxRoot.at(outside.resolve("hostile"));
        Files.copy(sandbox().root().resolve("bin/try"), hostile.resolve("bin/try"));
    }

    private ContainerBuilder hostile(String... command) {
        return sandbox().pelagos().container(hostile.rootfs()).command(command);
    }

    /** Puts a symbolic link in the place of a directory of the hostile root. */
    private void link(String name, Path target) throws IOException {
        Files.deleteIfExists(hostile.resolve(name));
        Files.createSymbolicLink(hostile.resolve(name), target);
    }

    private static List<String> treeOf(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.map(Path::toString).sorted().toList();
        }
    }

    /**
     * A program that asks to be itself, and so would be the runtime's own image, gets a failure,
     * and nothing is started (CVE-2019-5736).
     */
    @Test
    void runtimesOwnImageCannotBeTheProgram() throws IOException {
        hostile.script("bin/self", "");
        Files.writeString(hostile.resolve("bin/self"), "#!/proc/self/exe\n");
        link("bin/alias", Path.of("/proc/self/exe"));
        for (var program : List.of("/proc/self/exe", "/bin/self", "/bin/alias", "/proc/1/exe")) {
            assertThatThrownBy(() -> hostile(program).run())
                    .as(program)
                    .isInstanceOf(CommandException.class)
                    .hasMessageContaining("EACCES");
        }
    }

    /**
     * Nothing of the runtime can be written through the links of procfs: process 1 is the
     * container's own program, and an init made of the runtime's image cannot be looked into
     * (CVE-2019-5736).
     */
    @Test
    void runtimesOwnImageCannotBeOverwritten() throws Exception {
        assertThat(output(hostile("try", "overwrite", "/proc/1/exe"))).isEqualTo("ETXTBSY");
        assertThat(output(hostile("try", "overwrite", "/proc/1/exe").init())).isEqualTo("EACCES");
        assertThat(
                        hostile("try", "overwrite", "/proc/1/exe")
                                .init()
                                .capAdd(Capability.SYS_PTRACE)
                                .seccomp(SeccompProfile.unconfined())
                                .run()
                                .stdout())
                .isIn("EACCES\n", "EPERM\n", "ETXTBSY\n");
    }

    /**
     * No descriptor of the runtime leads out, as working directory or as program, neither when
     * numbers are guessed nor through a link (CVE-2024-21626).
     */
    @Test
    void descriptorsOfTheRuntimeLeadNowhere() throws Exception {
        for (int fd = 3; fd < 40; fd++) {
            var directory = "/proc/self/fd/" + fd;
            link("escape", Path.of(directory));
            for (var cwd : List.of(directory, directory + "/x")) {
                assertThatThrownBy(() -> hostile("pwd").cwd(cwd).run())
                        .as(cwd)
                        .isInstanceOf(InvalidSpecException.class)
                        .hasMessageContaining("cwd " + cwd)
                        .hasMessageContaining("name the directory itself");
            }
            for (var cwd : List.of("/escape", "/escape/x")) {
                assertThatThrownBy(() -> hostile("pwd").cwd(cwd).run())
                        .as(cwd)
                        .isInstanceOf(SyscallFailedException.class);
            }
            var program = directory + "/../../../bin/sh";
            assertThatThrownBy(() -> hostile(program, "-c", "true").run())
                    .as(program)
                    .isInstanceOf(CommandException.class);
        }
        assertThat(output(hostile("try", "descriptors"))).isEqualTo("0 1 2");
    }

    /**
     * A link in the place of /proc, /sys or /dev is refused, and the directory that it leads to
     * stays as it was (CVE-2019-16884, CVE-2019-19921, CVE-2023-27561).
     */
    @ParameterizedTest
    @ValueSource(strings = {"proc", "sys", "dev"})
    void kernelFileSystemsAreNotMountedThroughLinks(String name) throws Exception {
        var elsewhere = Files.createDirectory(hostile.resolve("elsewhere"));
        var host = Files.createDirectory(outside.resolve("host"));
        for (var target : List.of(Path.of("/elsewhere"), host, Path.of("../host"))) {
            link(name, target);
            assertThatThrownBy(() -> hostile("true").run())
                    .isInstanceOf(SyscallFailedException.class)
                    .hasMessageContaining("/" + name)
                    .hasMessageContaining("ELOOP");
        }
        assertThat(treeOf(host)).containsExactly(host.toString());
        assertThat(treeOf(elsewhere)).containsExactly(elsewhere.toString());
    }

    /**
     * Mount targets that are links to the host's paths are taken inside the root, where a missing
     * place is made or refused (CVE-2021-30465).
     */
    @Test
    void mountTargetsThatAreLinksStayInside() throws Exception {
        var host = Files.createDirectory(outside.resolve("host"));
        var before = treeOf(host);
        var inside = hostile.resolve(host.toString().substring(1));
        Files.createDirectories(inside);
        link("data", host);
        var data = Mount.file("/data/file", "hello".getBytes(StandardCharsets.UTF_8));
        assertThat(output(hostile("cat", "/data/file").mount(data))).isEqualTo("hello");
        assertThat(treeOf(host)).isEqualTo(before);
        assertThat(inside.resolve("file")).exists();

        link("up", Path.of("../../../../../../../.." + host));
        assertThat(output(hostile("ls", "/up").mount(Mount.tmpfs("/up/deep/er"))))
                .isEqualTo("deep\nfile");
        assertThat(treeOf(host)).isEqualTo(before);
    }

    /**
     * While another process exchanges a directory of the root for a link to the host, again and
     * again, 200 starts mount below it, and never is anything made or mounted outside
     * (CVE-2021-30465).
     */
    @Test
    void exchangingDirectoriesForLinksDuringStartsGainsNothing() throws Exception {
        var host = Files.createDirectory(outside.resolve("host"));
        Files.writeString(host.resolve("secret"), "the host's");
        Files.createDirectories(hostile.resolve("data"));
        Files.createSymbolicLink(hostile.resolve("swap"), host);
        var program = outside.resolve("try");
        TryProgram.into(program);
        var exchanging =
                new ProcessBuilder(
                                program.toString(),
                                "exchange",
                                hostile.resolve("data").toString(),
                                hostile.resolve("swap").toString())
                        .start();
        int started = 0;
        try (var lines = exchanging.inputReader()) {
            assertThat(lines.readLine()).isEqualTo("ready");
            for (int i = 0; i < 200; i++) {
                var container =
                        hostile("cat", "/data/secret")
                                .mount(Mount.tmpfs("/data/sub/dir" + i))
                                .mount(Mount.file("/data/sub/file" + i, new byte[] {'x'}))
                                .cwd("/data/work" + i);
                try {
                    assertThat(container.run().stdout()).doesNotContain("host");
                    started++;
                } catch (SyscallFailedException e) {
                    assertThat(e.errno()).isIn(Errno.ENOENT, Errno.ENOTDIR, Errno.EEXIST);
                }
            }
        } finally {
            exchanging.getOutputStream().close();
            exchanging.waitFor();
        }
        assertThat(treeOf(host))
                .containsExactly(host.toString(), host.resolve("secret").toString());
        assertThat(Files.readString(Path.of("/proc/self/mounts"))).doesNotContain(host.toString());
        assertThat(started).isPositive();
    }

    /**
     * Paths with {@code ..} and through procfs do not leave the container as mount targets
     * (CVE-2021-30465, CVE-2025-52881).
     */
    @Test
    void mountTargetsCannotLeaveThroughDotsOrProcfs() throws Exception {
        var dots = Mount.tmpfs("/../../../../../tmp/../opt/./dots");
        assertThat(output(hostile("ls", "/opt").mount(dots))).isEqualTo("dots");
        assertThat(Path.of("/opt/dots")).doesNotExist();
        for (var target :
                List.of(
                        "/proc/self/fd/9/x",
                        "/proc/self/cwd/x",
                        "/proc/self/root/tmp",
                        "/proc/1/root/tmp",
                        "/proc/1/cwd",
                        "/dev/fd/3/x",
                        "/proc/self/attr/exec",
                        "/proc/thread-self/attr/current")) {
            assertThat(catchThrowable(() -> hostile("true").mount(Mount.tmpfs(target)).run()))
                    .as(target)
                    .isInstanceOf(SyscallFailedException.class);
        }
        for (var root : List.of("/", "/..", "//.", "/a/..")) {
            assertThatThrownBy(() -> hostile("true").mount(Mount.tmpfs(root)).run())
                    .as(root)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("mount target");
        }
    }

    /**
     * Names of users come from the container's own files, read as text: no library of either side
     * is loaded to look them up, and the files cannot be links out, devices or endless
     * (CVE-2019-14271).
     */
    @Test
    void usersAreLookedUpWithoutRunningAnything() throws Exception {
        hostile.file("etc/nsswitch.conf", "passwd: pelagos_hostile\n")
                .file("lib/libnss_pelagos_hostile.so.2", "not a library\n")
                .file("etc/ld.so.preload", "/lib/libnss_pelagos_hostile.so.2\n")
                .file("etc/passwd", "inside:x:4321:4321::/:/bin/sh\n");
        assertThat(output(hostile("id", "-u").user("inside"))).isEqualTo("4321");
        assertThatThrownBy(() -> hostile("id").user("daemon").run())
                .isInstanceOf(InvalidSpecException.class)
                .hasMessageContaining("daemon");

        Files.delete(hostile.resolve("etc/passwd"));
        Files.writeString(outside.resolve("passwd"), "outsider:x:1:1::/:/bin/sh\n");
        link("etc/passwd", outside.resolve("passwd"));
        assertThatThrownBy(() -> hostile("id").user("outsider").run())
                .isInstanceOf(InvalidSpecException.class);
        for (var kind : List.of("p", "c 1 5")) {
            Files.delete(hostile.resolve("etc/passwd"));
            mknod(hostile.resolve("etc/passwd"), kind);
            assertThatThrownBy(() -> hostile("id").user("root").run())
                    .isInstanceOf(InvalidSpecException.class)
                    .hasMessageContaining("no regular file");
        }
    }

    private static void mknod(Path path, String kind) throws Exception {
        var command = new java.util.ArrayList<>(List.of("/bin/busybox", "mknod", path.toString()));
        command.addAll(List.of(kind.split(" ")));
        assertThat(new ProcessBuilder(command).start().waitFor()).isZero();
    }

    /**
     * A /dev/null of the host that is something else would show what it is mounted over: the start
     * is refused (CVE-2025-31133).
     */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "rm /dev/null; echo file > /dev/null",
                "rm /dev/null; ln -s /proc/kcore /dev/null",
                "rm /dev/null; ln -s /etc /dev/null",
                "rm /dev/null; mkdir /dev/null",
                "rm /dev/null; mknod /dev/null c 1 5",
                "rm /dev/null; mknod /dev/null b 1 3"
            })
    void nullDeviceThatIsSomethingElseMasksNothing(String replace) throws Exception {
        var script =
                """
                set -e
                mount --make-rprivate /
                mount -t tmpfs none /mnt
                cp -a /dev/zero /dev/full /dev/random /dev/urandom /dev/tty /dev/null /mnt/
                mount --move /mnt /dev
                %s
                exec "$@"
                """
                        .formatted(replace);
        var command = new java.util.ArrayList<>(List.of("unshare", "-m", "sh", "-c", script, "sh"));
        command.addAll(jvm(MaskedStart.class, hostile.path(), outside));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(output)
                .startsWith("io.pelagos.core.SyscallFailedException: ")
                .contains("/dev/null")
                .containsAnyOf("ENOTDIR", "EISDIR")
                .doesNotContain("STARTED");
    }

    /** What a root shows as its /dev/null is never mounted over anything (CVE-2025-31133). */
    @Test
    void nullDeviceOfTheRootIsNeverAMask() throws Exception {
        hostile.file("etc/secret", "secret").file("dev/null", "shown");
        var mask =
                hostile("sh", "-c", "cat /dev/null; test -c /etc/secret && cat /etc/secret")
                        .withoutDefaultMounts()
                        .mask("/etc/secret");
        assertThat(mask.run().stdout()).isEqualTo("shown");
        link("dev/null", Path.of("/etc/secret"));
        assertThat(mask.run().stdout()).isEmpty();
    }

    private static List<String> jvm(Class<?> main, Path root, Path state) {
        var module = System.getProperty("jdk.module.path");
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path")
                        + (module == null ? "" : java.io.File.pathSeparator + module),
                main.getName(),
                root.toString(),
                state.toString());
    }

    /** Without a terminal there is no /dev/console to be mounted (CVE-2025-52565). */
    @Test
    void thereIsNoConsole() throws Exception {
        assertThat(output(hostile("sh", "-c", "test ! -e /dev/console && echo none")))
                .isEqualTo("none");
        link("console-host", Path.of("/dev/console"));
        assertThat(hostile("sh", "-c", "echo x > /console-host && ls -l /dev/console").run())
                .satisfies(r -> assertThat(r.stdout()).doesNotContain("crw"));
    }

    /**
     * The terminal becomes the console of a {@code /dev} of the container's own, whatever links its
     * root has in the places of both (CVE-2025-52565).
     */
    @Test
    void consoleIsNotMountedThroughLinks() throws Exception {
        var host = Files.writeString(outside.resolve("host"), "of the host\n");
        Files.createDirectories(hostile.resolve("dev"));
        link("dev/console", host);
        link("dev/pts", Path.of("/proc/sys/kernel"));
        var script = "test -c /dev/console && tty && grep -c ' /proc/sys ' /proc/self/mountinfo";
        try (var container = hostile("sh", "-c", script).terminal().start()) {
            var text =
                    new String(
                            container.terminal().output().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(text).isEqualTo("/dev/pts/0\r\n1\r\n");
        }
        assertThat(host).hasContent("of the host");
        // Where the caller mounts another /dev, its links lead to no terminal.
        assertThatThrownBy(
                        () ->
                                hostile("true")
                                        .mount(Mount.bind(hostile.resolve("dev"), "/dev"))
                                        .terminal()
                                        .start())
                .isInstanceOf(SyscallFailedException.class);
        assertThat(host).hasContent("of the host");
    }

    /**
     * Parameters of the kernel are written into the real procfs of the container's namespaces,
     * whatever its root or its mounts show in that place (CVE-2025-52881).
     */
    @Test
    void sysctlsAreNotRedirectedByWhatTheRootShows() throws Exception {
        var sys = outside.resolve("fake");
        var fake = Files.createDirectories(sys.resolve("net/ipv4"));
        var file = Files.writeString(fake.resolve("ip_unprivileged_port_start"), "1024\n");
        var container =
                hostile("try", "bind", "80")
                        .user(APP, APP)
                        .sysctl("net.ipv4.ip_unprivileged_port_start", "80")
                        .mount(Mount.bind(sys, "/proc/sys"));
        assertThat(output(container)).isEqualTo("0");
        assertThat(Files.readString(file)).isEqualTo("1024\n");
    }

    /**
     * Inheritable capabilities would survive into programs with file capabilities: there are none
     * (CVE-2022-24769).
     */
    @Test
    void noCapabilityIsInheritable() throws Exception {
        for (var user : List.of(0L, APP)) {
            assertThat(output(hostile("grep", "CapInh", "/proc/self/status").user(user, user)))
                    .endsWith("\t0000000000000000");
        }
    }

    /**
     * A process in the PID namespace that a new container joins sees the runtime's child before it
     * is confined, and cannot reach its root, its descriptors or its program (CVE-2016-9962).
     */
    @Test
    void startingProcessCannotBeReachedFromTheNamespaceItJoins() throws Exception {
        try (var prey = hostile("try", "prey").hostname("theirs").stdin(Stdio.PIPE).start();
                var lines =
                        new BufferedReader(
                                new InputStreamReader(prey.stdout(), StandardCharsets.UTF_8))) {
            assertThat(lines.readLine()).isEqualTo("ready");
            for (int i = 0; i < 100; i++) {
                output(sandbox().command("true").join(prey, Namespace.PID));
            }
            prey.stdin().write('\n');
            prey.stdin().flush();
            assertThat(lines.lines().toList()).containsExactly("saw processes: yes");
        }
    }

    /**
     * A cgroup of version 1 could be mounted in a user namespace of one's own and its release agent
     * run as root of the host: neither can be done (CVE-2022-0492).
     */
    @Test
    void releaseAgentCannotBeReached() throws Exception {
        for (var user : List.of(0L, APP)) {
            var script =
                    """
                    unshare -U -r -m -C sh -c 'mount -t cgroup -o rdma none /tmp && echo MOUNTED'
                    unshare -m -C true && echo UNSHARED
                    mount -t cgroup -o rdma none /tmp && echo MOUNTED
                    find /sys -name release_agent
                    """;
            assertThat(hostile("sh", "-c", script).user(user, user).run().stdout()).isEmpty();
        }
    }

    /**
     * A program cannot hold a file handle of the host's file system open that it guessed, although
     * it may read all its own files (the "shocker", CVE-2014-9357's companion).
     */
    @Test
    void fileHandlesCannotBeOpened() throws Exception {
        assertThat(output(hostile("try", "call", "304", "0", ":xxxxxxxxxxxx", "0")))
                .isEqualTo("EPERM");
    }

    /** Abstract sockets of the host belong to its network namespace (CVE-2020-15257). */
    @Test
    void abstractSocketsOfTheHostAreOutOfReach() throws Exception {
        assertThat(output(hostile("try", "abstract", "/containerd-shim/any")))
                .isEqualTo("ECONNREFUSED");
    }
}
