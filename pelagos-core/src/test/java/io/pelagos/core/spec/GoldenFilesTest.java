package io.pelagos.core.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.ContainerBuilder;
import io.pelagos.core.Rootfs;
import io.pelagos.core.security.Capability;
import io.pelagos.core.security.SeccompProfile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a few containers look like as podman commands and OCI configurations, to the letter. */
class GoldenFilesTest {
    private static ContainerBuilder container() {
        return ContainerBuilder.describing(Rootfs.directory(Path.of("/srv/root")))
                .command("/bin/sh", "-c", "echo 'it''s' $HOME");
    }

    /** As a builder leaves it, but for the seccomp profile, whose rules would fill the file. */
    private static ContainerSpec plain() {
        return container().seccomp(SeccompProfile.unconfined()).spec();
    }

    private static ContainerSpec limited() {
        return with(
                container()
                        .name("limited")
                        .user("1000:1000")
                        .seccomp(SeccompProfile.unconfined())
                        .mount(Mount.readOnly(Path.of("/usr/share"), "/deep/share"))
                        .mount(Mount.tmpfs("/deep").size(MiB.of(1)))
                        .spec(),
                new Resources(
                        new Resources.Memory(
                                MiB.of(64), MiB.of(48), null, null, ByteSize.of(0), true, null),
                        new Resources.Cpu(39L, 150_000L, null, null, "0-1", null, null),
                        16L,
                        new Resources.Io(100L, List.of()),
                        Map.of("2MB", MiB.of(4)),
                        List.of(),
                        Map.of(),
                        "/batch",
                        true));
    }

    private static ContainerSpec with(ContainerSpec spec, Resources resources) {
        return new ContainerSpec(
                spec.name(),
                spec.root(),
                spec.readOnlyRoot(),
                spec.rootPropagation(),
                spec.defaultMounts(),
                spec.mounts(),
                spec.devices(),
                spec.process(),
                spec.stdin(),
                spec.stdout(),
                spec.stderr(),
                spec.namespaces(),
                spec.uidMap(),
                spec.gidMap(),
                spec.clocks(),
                spec.hostname(),
                spec.domainname(),
                spec.confinement(),
                resources,
                spec.init(),
                spec.supervision(),
                spec.stopSignal(),
                spec.timeout(),
                spec.labels(),
                spec.annotations());
    }

    private static ContainerSpec memory(Resources.Memory memory) {
        var none = Resources.UNLIMITED;
        return with(
                plain(),
                new Resources(
                        memory,
                        none.cpu(),
                        none.pids(),
                        none.io(),
                        none.hugetlb(),
                        none.devices(),
                        none.unified(),
                        none.parent(),
                        none.required()));
    }

    @Test
    void aContainerAsTheBuilderLeavesIt() {
        assertThat(plain().toOci() + "\n").isEqualTo(golden("plain.json"));
        assertThat(plain().toCommandLine() + "\n").isEqualTo(golden("plain.sh"));
    }

    @Test
    void aContainerWithLimitsAndMounts() {
        assertThat(limited().toOci() + "\n").isEqualTo(golden("limited.json"));
        assertThat(limited().toCommandLine() + "\n").isEqualTo(golden("limited.sh"));
    }

    @Test
    void theBuildersMemoryIsWithoutSwap() {
        var spec = container().memory(MiB.of(64)).seccomp(SeccompProfile.unconfined()).spec();
        assertThat(spec.resources().memory().swap()).isEqualTo(ByteSize.of(0));
        assertThat(spec.toCommandLine()).contains("--memory=67108864b --memory-swap=67108864b ");
        assertThat(spec.toOci()).contains("\"limit\" : 67108864,", "\"swap\" : 67108864");
    }

    /** Podman would allow as much swap as memory; the OCI's absent field is no limit. */
    @Test
    void memoryWithoutASwapLimitSaysSoToPodmanAndStaysWithoutInTheOci() {
        var spec = memory(new Resources.Memory(MiB.of(64), null, null, null, null, null, null));
        assertThat(spec.toCommandLine()).contains("--memory=67108864b --memory-swap=-1 ");
        assertThat(spec.toOci()).contains("\"limit\" : 67108864").doesNotContain("\"swap\"");
        assertThat(ContainerSpec.fromOci(spec.toOci())).isEqualTo(spec);
    }

    @Test
    void swapAloneIsARawFileOfTheSecondVersion() {
        var spec = memory(new Resources.Memory(null, null, null, null, MiB.of(1), null, null));
        assertThat(spec.toCommandLine()).contains("--cgroup-conf=memory.swap.max=1048576");
        assertThat(ContainerSpec.fromOci(spec.toOci())).isEqualTo(spec);
    }

    @Test
    void swapOfAConfigurationIncludesTheMemory() {
        var spec = memory(new Resources.Memory(MiB.of(64), null, null, null, null, null, null));
        var unlimited = "\"limit\" : 67108864";
        assertThat(swapOf(spec.toOci().replace(unlimited, unlimited + ", \"swap\": 70000000")))
                .isEqualTo(ByteSize.of(70_000_000 - 67_108_864));
        assertThat(swapOf(spec.toOci().replace(unlimited, unlimited + ", \"swap\": -1"))).isNull();
        assertThatThrownBy(
                        () ->
                                ContainerSpec.fromOci(
                                        spec.toOci()
                                                .replace(unlimited, unlimited + ", \"swap\": 1")))
                .hasMessageContaining("linux.resources.memory.swap: 1: ");
    }

    private static @Nullable ByteSize swapOf(String config) {
        return ContainerSpec.fromOci(config).resources().memory().swap();
    }

    /** The kernel refuses a group that has no number in the user namespace. */
    @Test
    void terminalsBelongToGroup5OnlyWhereItIsMapped() {
        var root = List.of(new IdMap(0, 100_000, 1));
        var all = List.of(new IdMap(0, 100_000, 65_536));
        assertThat(plain().toOci()).contains("\"gid=5\"");
        assertThat(container().userNamespace(all, all).spec().toOci()).contains("\"gid=5\"");
        var spec = container().userNamespace(root, root).spec();
        assertThat(spec.toOci()).doesNotContain("\"gid=5\"");
        assertThat(ContainerSpec.fromOci(spec.toOci())).isEqualTo(spec);
    }

    @Test
    void whatPodmanHasNoOptionForIsRefusedByName() {
        var spec = container().mount(Mount.file("/etc/motd", new byte[0])).spec();
        assertThatThrownBy(spec::toCommandLine)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("mount /etc/motd");
    }

    @Test
    void aCapabilityThatIsMissingIsDropped() {
        var spec = container().capDrop(Capability.CHOWN).spec();
        assertThat(spec.toCommandLine())
                .contains("--cap-drop=CAP_CHOWN ")
                .doesNotContain("cap-add");
    }

    private static String golden(String name) {
        try (var file = GoldenFilesTest.class.getResourceAsStream(name)) {
            assertThat(file).as(name).isNotNull();
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
