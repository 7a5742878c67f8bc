package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pelagos.core.kernel.LinuxKernel;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.IdMap;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.Signal;
import io.pelagos.core.testing.InSandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Which namespaces a container has: its own, another's, or those of the host. */
class NamespacesIT extends InSandbox {
    private static final List<Namespace> DEFAULTS =
            List.of(
                    Namespace.MOUNT,
                    Namespace.UTS,
                    Namespace.IPC,
                    Namespace.PID,
                    Namespace.NETWORK,
                    Namespace.CGROUP);

    private static String ofJvm(Namespace kind) throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/self/ns", kind.procName())).toString();
    }

    private static String of(Container container, Namespace kind) throws IOException {
        var link = Path.of("/proc/" + container.pid() + "/ns", kind.procName());
        return Files.readSymbolicLink(link).toString();
    }

    private Container sleeping(ContainerBuilder container) {
        return container.command("sleep", "1000").start();
    }

    private ContainerBuilder container() {
        return sandbox.command("true");
    }

    @Test
    void everyNamespaceButUserAndTimeIsNewByDefault() throws Exception {
        try (var container = sleeping(container())) {
            for (var kind : Namespace.values()) {
                if (DEFAULTS.contains(kind)) {
                    assertThat(of(container, kind)).isNotEqualTo(ofJvm(kind));
                } else {
                    assertThat(of(container, kind)).isEqualTo(ofJvm(kind));
                }
            }
        }
    }

    @Test
    void programIsProcessOneAndSeesNoOther() throws Exception {
        var result = sandbox.sh("echo $$; ls -d /proc/[0-9]*").run();
        assertThat(result.stdout()).startsWith("1\n/proc/1\n").doesNotContain("/proc/3\n");
    }

    @ParameterizedTest
    @EnumSource(names = {"UTS", "IPC", "PID", "NETWORK", "CGROUP"})
    void namespaceIsSharedWithTheHost(Namespace kind) throws Exception {
        try (var container = sleeping(container().share(kind))) {
            assertThat(of(container, kind)).isEqualTo(ofJvm(kind));
            for (var other : DEFAULTS) {
                if (other != kind) {
                    assertThat(of(container, other)).isNotEqualTo(ofJvm(other));
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"UTS", "IPC", "PID", "NETWORK", "CGROUP"})
    void namespaceIsJoinedByPathPidfdAndContainer(Namespace kind) throws Exception {
        try (var first = sleeping(container());
                var pidfd = new SystemCalls(new LinuxKernel()).pidfdOpen(first.pid())) {
            var path = "/proc/" + first.pid() + "/ns/" + kind.procName();
            var joining =
                    List.of(
                            container().join(kind, path),
                            container().join(pidfd, kind),
                            container().join(first, kind));
            for (var builder : joining) {
                try (var second = sleeping(builder)) {
                    assertThat(of(second, kind)).isEqualTo(of(first, kind));
                }
            }
        }
    }

    @Test
    void severalNamespacesOfAContainerAreJoinedAtOnce() throws Exception {
        try (var first = sleeping(container().hostname("first"))) {
            var result =
                    sandbox.sh("hostname; ps")
                            .join(first, Namespace.UTS, Namespace.PID, Namespace.NETWORK)
                            .run();
            assertThat(result.stdout()).startsWith("first\n").contains("sleep 1000");
        }
    }

    @Test
    void endOfAContainerThatJoinedLeavesTheOtherRunning() throws Exception {
        try (var first = sleeping(container())) {
            for (int round = 0; round < 2; round++) {
                try (var second = sleeping(container().join(first, Namespace.PID))) {
                    second.kill();
                    assertThat(second.waitFor()).isEqualTo(new Exit.Killed(Signal.KILL, false));
                }
                assertThat(first.isAlive()).isTrue();
            }
        }
    }

    @Test
    void processesOfAJoinedPidNamespaceEndWithTheirContainer() throws Exception {
        try (var first = sleeping(container())) {
            try (var second =
                    sandbox.sh("sleep 3000 & echo started; wait")
                            .join(first, Namespace.PID)
                            .start()) {
                assertThat(second.stdout().lines().findFirst()).contains("started");
            }
            var left = sandbox.command("ps").join(first, Namespace.PID).run();
            assertThat(left.stdout()).contains("sleep 1000").doesNotContain("sleep 3000");
        }
    }

    @Test
    void containerThatHasEndedCannotBeJoined() throws Exception {
        var ended = container().start();
        ended.waitFor();
        assertThatThrownBy(container().join(ended, Namespace.NETWORK)::start)
                .isInstanceOf(InvalidSpecException.class)
                .hasMessageContaining(ended.id());
        ended.close();
    }

    @Test
    void missingNamespaceFileIsNamed() {
        var missing = directory.resolve("no-namespace").toString();
        assertThatThrownBy(container().join(Namespace.NETWORK, missing)::start)
                .isInstanceOf(SyscallFailedException.class)
                .hasMessageContaining("no-namespace");
    }

    @Test
    void fileThatIsNoNamespaceIsRefused() throws Exception {
        var file = Files.writeString(directory.resolve("file"), "").toString();
        assertThatThrownBy(container().join(Namespace.NETWORK, file)::start)
                .isInstanceOf(SyscallFailedException.class)
                .hasMessageContaining("network namespace");
        assertThat(sandbox.pelagos().running()).isEmpty();
    }

    @Test
    void hostAndDomainNameAreTheContainersOwn() throws Exception {
        var host = Files.readString(Path.of("/proc/sys/kernel/hostname"));
        var script = "hostname; cat /proc/sys/kernel/domainname";
        var named = sandbox.sh(script).hostname("blue").domainname("sea.example").run();
        assertThat(named.stdout()).isEqualTo("blue\nsea.example\n");
        assertThat(sandbox.command("hostname").name("queue").run().stdout()).isEqualTo("queue\n");
        assertThat(Files.readString(Path.of("/proc/sys/kernel/hostname"))).isEqualTo(host);
    }

    @Test
    void loopbackIsUpAndNothingElseIsThere() throws Exception {
        var result = sandbox.command("ip", "-o", "addr").run();
        assertThat(result.stdout()).contains("127.0.0.1/8");
        assertThat(result.stdout().lines()).allMatch(line -> line.contains(": lo"));
    }

    @Test
    void clocksAreOffset() throws Exception {
        assumeTrue(
                Files.exists(Path.of("/proc/self/ns/time")),
                "this kernel has no time namespaces (CONFIG_TIME_NS)");
        var ahead = Duration.ofDays(1000);
        try (var container = sleeping(container().clocks(Duration.ZERO, ahead))) {
            assertThat(of(container, Namespace.TIME)).isNotEqualTo(ofJvm(Namespace.TIME));
        }
        var uptime = sandbox.command("cat", "/proc/uptime").clocks(ahead, ahead).run().stdout();
        assertThat(Double.parseDouble(uptime.split(" ")[0]))
                .isGreaterThan(ahead.toSeconds())
                .isLessThan(ahead.toSeconds() + hostUptime() + 60);
        var same = sandbox.command("cat", "/proc/uptime").create(Namespace.TIME).run().stdout();
        assertThat(Double.parseDouble(same.split(" ")[0])).isLessThan(hostUptime() + 60);
    }

    private static double hostUptime() throws IOException {
        return Double.parseDouble(Files.readString(Path.of("/proc/uptime")).split(" ")[0]);
    }

    @Test
    void userNamespaceIsJoinedWithThoseItOwns() throws Exception {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        var ids = List.of(new IdMap(0, 100000, 65536));
        try (var first = sleeping(container().userNamespace(ids, ids).hostname("first"));
                var pidfd = new SystemCalls(new LinuxKernel()).pidfdOpen(first.pid())) {
            var ns = "/proc/" + first.pid() + "/ns/";
            var joining =
                    List.of(
                            container().join(first, Namespace.USER, Namespace.UTS),
                            container().join(pidfd, Namespace.USER, Namespace.UTS),
                            container()
                                    .join(Namespace.USER, ns + "user")
                                    .join(Namespace.UTS, ns + "uts"));
            for (var builder : joining) {
                try (var second = sleeping(builder)) {
                    assertThat(of(second, Namespace.USER)).isEqualTo(of(first, Namespace.USER));
                    assertThat(of(second, Namespace.UTS)).isEqualTo(of(first, Namespace.UTS));
                    assertThat(Files.getAttribute(Path.of("/proc/" + second.pid()), "unix:uid"))
                            .isEqualTo(100000);
                }
            }
        }
    }

    @Test
    void parametersAreSetInAUserNamespaceToo() throws Exception {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        var ids = List.of(new IdMap(0, 100000, 65536));
        var name = "net.ipv4.ip_unprivileged_port_start";
        var result =
                sandbox.sh("cat /proc/sys/net/ipv4/ip_unprivileged_port_start")
                        .userNamespace(ids, ids)
                        .sysctl(name, "81")
                        .run();
        assertThat(result.stdout()).as(result.stderr()).isEqualTo("81\n");
    }

    @Test
    void userNamespaceMapsRootToAnUnprivilegedUser() throws Exception {
        // Root of the namespace is a stranger to the host's directories.
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
        var uids = List.of(new IdMap(0, 100000, 65536));
        var result =
                sandbox.sh("id -u; cat /proc/self/uid_map; touch /etc/mine")
                        .userNamespace(uids, uids)
                        .run();
        assertThat(result.stdout()).startsWith("0\n").contains("100000");
        assertThat(sandbox.root().resolve("etc/mine")).doesNotExist();
        try (var container = sleeping(container().userNamespace(uids, uids))) {
            assertThat(Files.getAttribute(Path.of("/proc/" + container.pid()), "unix:uid"))
                    .isEqualTo(100000);
        }
    }
}
