package io.pelagos.core.internal.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.ContainerBuilder;
import io.pelagos.core.Network;
import io.pelagos.core.Rootfs;
import io.pelagos.core.kernel.Architecture;
import io.pelagos.core.security.Capability;
import io.pelagos.core.security.KernelVersion;
import io.pelagos.core.security.LandlockRules;
import io.pelagos.core.security.Lsm;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.ContainerSpec.Supervision;
import io.pelagos.core.spec.Device;
import io.pelagos.core.spec.FileMode;
import io.pelagos.core.spec.IdMap;
import io.pelagos.core.spec.MiB;
import io.pelagos.core.spec.Mount;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.Personality;
import io.pelagos.core.spec.Rlimit;
import io.pelagos.core.testing.GoldenFile;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What the plan of a container looks like, step by step, as {@code explain()} prints it. */
final class ContainerPlanTest {
    private static ContainerBuilder directory() {
        return ContainerBuilder.describing(Rootfs.directory(Path.of("/srv/root")))
                .command("/bin/true");
    }

    /** Without the mounts that every container gets, so that a plan shows what it is about. */
    private static ContainerBuilder bare() {
        return directory().withoutDefaultMounts().unmask();
    }

    private static void golden(String name, ContainerBuilder container) throws IOException {
        new GoldenFile(ContainerPlanTest.class, name)
                .assertEquals(PlanInputs.plan(container.spec()).toString());
    }

    @Test
    void aDirectoryWithTheDefaults() throws IOException {
        golden("directory", directory());
    }

    @Test
    void aDirectoryOnAarch64() throws IOException {
        new GoldenFile(ContainerPlanTest.class, "aarch64")
                .assertEquals(PlanInputs.plan(bare().spec(), Architecture.AARCH64).toString());
    }

    @Test
    void aDirectoryWithTheDefaultsOnAarch64() throws IOException {
        new GoldenFile(ContainerPlanTest.class, "aarch64-defaults")
                .assertEquals(PlanInputs.plan(directory().spec(), Architecture.AARCH64).toString());
    }

    @Test
    void aViewOfTheHost() throws IOException {
        golden(
                "host",
                ContainerBuilder.describing(Rootfs.host())
                        .command("id", "-u")
                        .withoutDefaultMounts()
                        .unmask());
    }

    @Test
    void anEmptyRootWithFiles() throws IOException {
        var root =
                Rootfs.empty()
                        .file("/bin/app", "program".getBytes(StandardCharsets.UTF_8))
                        .file("/etc/app/empty", new byte[0], new FileMode(0600));
        golden(
                "files",
                ContainerBuilder.describing(root)
                        .command("/bin/app")
                        .withoutDefaultMounts()
                        .unmask());
    }

    private static ContainerBuilder layers() {
        var root =
                Rootfs.layers(
                                List.of(
                                        Path.of("/store/layers/base"),
                                        Path.of("/store/layers/middle"),
                                        Path.of("/elsewhere/a:b")))
                        .keepingChanges(Path.of("/store/layers"));
        return ContainerBuilder.describing(root)
                .command("/bin/true")
                .withoutDefaultMounts()
                .unmask();
    }

    @Test
    void aStackOfLayers() throws IOException {
        golden("layers", layers());
    }

    @Test
    void layersOfAnOldKernelAreGivenAsNamesInOneDirectory() throws IOException {
        var now = PlanInputs.facts(Architecture.X86_64);
        var old =
                new HostFacts(
                        now.architecture(),
                        new KernelVersion(6, 1),
                        now.landlockAbi(),
                        now.cgroup2(),
                        now.nofileHard(),
                        now.capabilities(),
                        now.hostRoot());
        var root =
                Rootfs.layers(List.of(Path.of("/scratch/l/0"), Path.of("/scratch/l/1")))
                        .keepingChanges(Path.of("/scratch/l"));
        var spec =
                ContainerBuilder.describing(root)
                        .command("/bin/true")
                        .withoutDefaultMounts()
                        .unmask()
                        .spec();
        new GoldenFile(ContainerPlanTest.class, "layers-by-name")
                .assertEquals(PlanInputs.plan(spec, old).toString());
    }

    @Test
    void aReadOnlyRoot() throws IOException {
        golden("read-only-root", bare().readOnlyRoot().cwd("/work"));
    }

    @Test
    void aUserNamespaceWithMaps() throws IOException {
        var ids = List.of(new IdMap(0, 100_000, 65_536));
        golden("user-namespace", directory().unmask().userNamespace(ids, ids));
    }

    @Test
    void initAsProcessOne() throws IOException {
        golden("init", bare().init());
    }

    @Test
    void socketsAndDescriptorsThatArePassed() throws IOException {
        golden(
                "passed",
                bare().init()
                        .join(Namespace.NETWORK, "/run/netns/blue")
                        .personality(Personality.LINUX32)
                        .listen(
                                "http",
                                new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 80))
                        .listen("admin", 40)
                        .preserveFds(41, 42));
    }

    @Test
    void namespacesThatAreJoined() throws IOException {
        golden(
                "joined",
                bare().join(Namespace.NETWORK, "/run/netns/blue")
                        .join(Namespace.PID, "/proc/7/ns/pid")
                        .join(Namespace.USER, "/proc/7/ns/user")
                        .join(Namespace.IPC, "/proc/7/ns/ipc"));
    }

    @Test
    void namespacesOfTheHost() throws IOException {
        golden(
                "shared",
                bare().network(Network.host())
                        .share(Namespace.PID, Namespace.IPC, Namespace.UTS, Namespace.CGROUP));
    }

    @Test
    void aTimeNamespace() throws IOException {
        golden("time", bare().clocks(Duration.ofDays(2), Duration.ofMillis(1500)));
    }

    @Test
    void detachedFromTheJvm() throws IOException {
        golden("detached", bare().supervision(Supervision.DETACHED));
    }

    @Test
    void aChildOfTheJvm() throws IOException {
        golden("child", bare().supervision(Supervision.CHILD));
    }

    @Test
    void restrictedByLandlock() throws IOException {
        golden(
                "landlock",
                bare().cwd("/work")
                        .landlock(
                                LandlockRules.none()
                                        .readOnly("/usr")
                                        .readWrite("/tmp")
                                        .bindTcp(80)));
    }

    @Test
    void mountsOfEachKind() throws IOException {
        golden(
                "mounts",
                bare().mount(Mount.bind(Path.of("/srv/data"), "/data"))
                        .mount(Mount.readOnly(Path.of("/srv/app.conf"), "/etc/app.conf"))
                        .mount(
                                Mount.bind(Path.of("/srv/shared"), "/data/shared")
                                        .createSource()
                                        .propagation(Mount.Propagation.SHARED))
                        .mount(Mount.bind(Path.of("/srv/flat"), "/flat").nonRecursive())
                        .mount(Mount.tmpfs("/tmp").size(MiB.of(16)))
                        .mount(Mount.file("/etc/motd", "hello".getBytes(StandardCharsets.UTF_8)))
                        .mount(Mount.fileSystem("mqueue", "/mq")));
    }

    @Test
    void mountsWithMappedIds() throws IOException {
        golden(
                "idmapped-mounts",
                bare().mount(
                                Mount.bind(Path.of("/srv/data"), "/data")
                                        .idMapped(new IdMap(1000, 0, 1)))
                        .mount(Mount.bind(Path.of("/srv/plain"), "/plain"))
                        .mount(
                                Mount.readOnly(Path.of("/srv/flat"), "/flat")
                                        .createSource()
                                        .nonRecursive()
                                        .idMapped(new IdMap(0, 5, 7), new IdMap(7, 100, 1))));
    }

    @Test
    void layersWithMappedIds() throws IOException {
        var ids = List.of(new IdMap(0, 100_000, 65_536));
        golden(
                "idmapped-layers",
                ContainerBuilder.describing(
                                Rootfs.layers(List.of(Path.of("/store/a"), Path.of("/store/b:c")))
                                        .idMapped())
                        .command("/bin/true")
                        .withoutDefaultMounts()
                        .unmask()
                        .userNamespace(ids, ids)
                        .mount(Mount.bind(Path.of("/srv/data"), "/data").idMapped()));
    }

    @Test
    void sysctlsAndLimits() throws IOException {
        golden(
                "sysctls",
                bare().sysctl("net.ipv4.ip_unprivileged_port_start", "0")
                        .sysctl("net/ipv4/conf/eth0.5/forwarding", "1")
                        .rlimit(Rlimit.CORE, 0, 0)
                        .rlimit(Rlimit.NOFILE, 512, 1024)
                        .oomScoreAdj(500));
    }

    @Test
    void devices() throws IOException {
        golden(
                "devices",
                bare().device(Device.character("/dev/net/tun", 10, 200))
                        .device(
                                new Device(
                                        "/run/pipe",
                                        Device.Type.FIFO,
                                        0,
                                        0,
                                        new FileMode(0600),
                                        1,
                                        2,
                                        "rw")));
    }

    @Test
    void withNewPrivilegesTheFilterComesBeforeTheUser() throws IOException {
        golden(
                "new-privileges",
                bare().newPrivileges(true).ambient(Capability.NET_BIND_SERVICE).command("app"));
    }

    private static void golden(String name, ContainerBuilder container, Lsm module)
            throws IOException {
        new GoldenFile(ContainerPlanTest.class, name)
                .assertEquals(
                        PlanInputs.plan(container.spec(), PlanInputs.with(module)).toString());
    }

    @Test
    void underAProfileOfAppArmor() throws IOException {
        golden("apparmor", bare().apparmorProfile("web"), Lsm.APPARMOR);
    }

    @Test
    void inAContextOfSelinux() throws IOException {
        golden(
                "selinux",
                layers().mount(Mount.tmpfs("/tmp"))
                        .mount(Mount.fileSystem("mqueue", "/mq"))
                        .selinuxLabel("system_u:system_r:container_t:s0:c1,c2")
                        .mountLabel("system_u:object_r:container_file_t:s0:c1,c2")
                        .newPrivileges(true)
                        .preserveFds(40),
                Lsm.SELINUX);
    }

    @Test
    void labelsOfBothModulesAreEachWrittenIntoTheirOwnFile() {
        var spec =
                bare().apparmorProfile("web")
                        .selinuxLabel("system_u:system_r:container_t:s0")
                        .spec();
        var facts = PlanInputs.with(Lsm.APPARMOR).with(Set.of(Lsm.SELINUX));
        var inputs = PlanInputs.inputs(spec, facts, 0);
        int number = inputs.channels().end();
        assertThat(PlanInputs.plan(spec, facts).toString())
                .containsSubsequence(
                        "\"self/attr/apparmor/exec\"",
                        "\"self/attr/exec\"",
                        "dup3(",
                        ", " + number + ", O_CLOEXEC)",
                        ", " + (number + 1) + ", O_CLOEXEC)",
                        "close_range(" + (number + 2) + ", ",
                        "write(" + number + ", \"exec web\"",
                        "write(" + (number + 1) + ", \"system_u:system_r:container_t:s0\"");
    }

    @Test
    void aFurtherProcessUnderAProfile() throws IOException {
        var spec = bare().apparmorProfile("web").spec();
        new GoldenFile(ContainerPlanTest.class, "apparmor-exec").assertEquals(entering(spec));
    }

    @Test
    void aFurtherProcessUnderAProfileInAUserNamespace() throws IOException {
        var ids = List.of(new IdMap(0, 100_000, 65_536));
        var spec = bare().apparmorProfile("web").userNamespace(ids, ids).spec();
        new GoldenFile(ContainerPlanTest.class, "apparmor-exec-user-namespace")
                .assertEquals(entering(spec));
    }

    private static String entering(ContainerSpec spec) {
        var inputs = PlanInputs.inputs(spec, PlanInputs.with(Lsm.APPARMOR), 1);
        return Entering.compose(inputs, inputs.channels().other(0)).toString();
    }

    @Test
    void privileged() throws IOException {
        golden("privileged", directory().privileged());
    }
}
