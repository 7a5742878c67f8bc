package io.pelagos.core.internal.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.spec.ByteSize;
import io.pelagos.core.spec.Resources;
import io.pelagos.core.spec.Stats;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Limits and counters of every controller, the strategies, and failures, on trees of files. */
class FakeCgroupsTest {
    private static final String[] CONTROLLERS = {
        "cpuset", "cpu", "io", "memory", "hugetlb", "pids"
    };
    private static final String JVM = ProcessHandle.current().pid() + "\n";
    private static final String DEVICES = "the default device rules";

    private static final Resources EVERYTHING =
            new Resources(
                    new Resources.Memory(size(8), size(7), size(6), size(5), size(4), null, null),
                    new Resources.Cpu(100L, 50_000L, 100_000L, 2_000L, "0-1", "0", true),
                    16L,
                    new Resources.Io(
                            null, List.of(new Resources.DeviceLimit(8, 0, null, 1L, 2L, 3L, 4L))),
                    Map.of("2MB", size(3)),
                    List.of(),
                    Map.of("memory.zswap.max", "0"),
                    "/fake/parent",
                    false);

    @TempDir private Path folder;

    @Test
    void everyLimitOfVersionTwoIsWrittenIntoItsFile() {
        var fake = unified(folder, "io.weight");
        var cgroup = fake.host().create("c", withIoWeight());
        assertThat(withoutDevices(cgroup.warnings())).isEmpty();
        assertThat(fake.written())
                .containsSubsequence(
                        "unified/c/memory.max 8",
                        "unified/c/memory.high 7",
                        "unified/c/memory.low 6",
                        "unified/c/memory.min 5",
                        "unified/c/memory.swap.max 4",
                        "unified/c/memory.oom.group 1",
                        "unified/c/cpu.weight 100",
                        "unified/c/cpu.idle 1",
                        "unified/c/cpu.max 50000 100000",
                        "unified/c/cpu.max.burst 2000",
                        "unified/c/cpuset.cpus 0-1",
                        "unified/c/cpuset.mems 0",
                        "unified/c/pids.max 16",
                        "unified/c/io.weight default 2000",
                        "unified/c/io.max 8:0 rbps=1 wbps=2 riops=3 wiops=4",
                        "unified/c/hugetlb.2MB.max 3",
                        "unified/c/memory.zswap.max 0");
        assertThat(fake.text("unified/cgroup.subtree_control").split(" ", -1))
                .contains(CONTROLLERS);
        cgroup.remove();
        assertThat(fake.directories()).isEmpty();
        assertThat(fake.open()).isEmpty();
    }

    @Test
    void theWeightOfBfqIsUsedWhereThereIsNoOther() {
        var fake = unified(folder, "io.bfq.weight");
        fake.host().create("c", withIoWeight()).close();
        assertThat(fake.written()).contains("unified/c/io.bfq.weight default 1000");
    }

    @Test
    void countersOfVersionTwoAreRead() {
        var fake = unified(folder, "io.weight");
        var cgroup = fake.host().create("c", Resources.UNLIMITED);
        fake.show(
                "unified/c/io.stat",
                """
                8:16 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0
                8:0 rbytes=1459200 wbytes=314773504 rios=192 wios=353 dbytes=0 dios=0
                7:0\s
                """);
        fake.show("unified/c/cpu.pressure", pressure("1.50"));
        fake.show("unified/c/memory.pressure", pressure("0.00"));
        fake.show("unified/c/io.pressure", pressure("100.00"));
        fake.show("unified/c/memory.peak", "4096\n");
        fake.show("unified/c/memory.events", "low 1\nhigh 2\nmax 3\noom 4\noom_kill 5\n");
        var stats = cgroup.stats();
        assertThat(stats.io())
                .containsExactly(
                        new Stats.Io(8, 0, 1459200, 314773504, 192, 353),
                        new Stats.Io(8, 16, 10, 20, 1, 2));
        assertThat(stats.pressure().cpuSome())
                .isEqualTo(new Stats.Stall(1.5, 2.67, 2.46, Duration.ofNanos(27_063_278_000L)));
        assertThat(stats.pressure().ioFull())
                .isEqualTo(new Stats.Stall(100, 0.1, 0, Duration.ofNanos(7_000)));
        assertThat(stats.memory().peak()).isEqualTo(size(4096));
        assertThat(stats.memory().events()).isEqualTo(new Stats.Events(1L, 2L, 3L, 4L, 5L));
        cgroup.remove();
    }

    @Test
    void countersOfVersionOneAreRead() {
        var fake = hybrid(folder);
        var cgroup = fake.host().create("c", limits(16L, false));
        fake.show(
                "blkio/c/blkio.throttle.io_service_bytes_recursive",
                "8:0 Read 4096\n8:0 Write 8192\n8:0 Sync 0\n8:0 Total 12288\nTotal 12288\n");
        fake.show(
                "blkio/c/blkio.throttle.io_serviced_recursive",
                "8:0 Read 1\n8:0 Write 2\nTotal 3\n");
        assertThat(cgroup.stats().io()).containsExactly(new Stats.Io(8, 0, 4096, 8192, 1, 2));
        assertThat(cgroup.stats().memory().max()).isNull();
        cgroup.remove();
        assertThat(fake.directories()).isEmpty();
    }

    @Test
    void aContainerWithoutLimitsJoinsOnlyTheDevicesOfVersionOne() {
        var fake = hybrid(folder);
        try (var cgroup = fake.host().create("c", Resources.UNLIMITED)) {
            assertThat(cgroup.joinFiles()).allMatch(file -> file.contains("/devices/"));
            assertThat(cgroup.directories()).noneMatch(path -> path.contains("/memory/"));
        }
    }

    @Test
    void aNewCpusetOfVersionOneGetsThePlacementOfTheOneAbove() {
        var fake = hybrid(folder);
        fake.show("cpuset/cpuset.cpus", "0-3\n");
        fake.show("cpuset/cpuset.mems", "0\n");
        fake.host().create("c", limits(16L, false)).close();
        assertThat(fake.written()).contains("cpuset/c/cpuset.cpus 0-3", "cpuset/c/cpuset.mems 0");
    }

    @Test
    void theOnlyProcessOfItsCgroupMovesIntoALeaf() {
        var fake = unified(folder, "io.weight");
        fake.show("unified/cgroup.procs", JVM);
        var cgroup = fake.host().create("c", limits(16L, false));
        assertThat(withoutDevices(cgroup.warnings())).isEmpty();
        assertThat(fake.text("unified/pelagos-jvm/cgroup.procs")).isEqualTo(JVM);
        assertThat(fake.text("unified/cgroup.procs")).isEmpty();
        assertThat(fake.text("unified/c/pids.max")).isEqualTo("16");
        cgroup.remove();
        assertThat(fake.directories()).containsExactly("unified/pelagos-jvm");
    }

    @Test
    void processesOfOthersAreNotMoved() {
        var fake = unified(folder, "io.weight").own("/d").user(0).process(1, "init", 0, 0);
        fake.show("unified/d/cgroup.procs", "1\n" + JVM);
        var cgroup = fake.host().create("c", limits(16L, false));
        assertThat(withoutDevices(cgroup.warnings()))
                .singleElement()
                .asString()
                .contains(
                        "pids 16",
                        "has processes beside the JVM that it may not move (1 init)",
                        "systemd-run --user --scope -p Delegate=yes");
        assertThat(fake.text("unified/d/cgroup.procs")).isEqualTo("1\n" + JVM);
        assertThat(fake.directories()).containsExactlyInAnyOrder("unified/d", "unified/d/c");
        cgroup.remove();
    }

    /** A JVM of this user in {@code /d}, started by a shell, which somebody else looks after. */
    private FakeCgroups withShell(int user) {
        return unified(folder, "io.weight")
                .own("/d")
                .user(user)
                .process(700, "sshd", 1, 0)
                .process(701, "bash", 700, user)
                .process(702, "mvn", 701, user);
    }

    @Test
    void whatTheJvmHasStartedMovesAlong() {
        var jvm = Integer.parseInt(JVM.strip());
        var fake =
                unified(folder, "io.weight")
                        .own("/d")
                        .user(0)
                        .process(901, "sh", jvm, 0)
                        .process(902, "cat", 901, 0)
                        .process(903, "pelagos", 1, 0);
        fake.show("unified/d/cgroup.procs", "901\n902\n903\n" + JVM);
        var cgroup = fake.host().create("c", limits(16L, true));
        assertThat(fake.text("unified/d/pelagos-jvm/cgroup.procs"))
                .isEqualTo("901\n902\n903\n" + JVM);
        assertThat(fake.text("unified/d/c/pids.max")).isEqualTo("16");
        cgroup.remove();
    }

    @Test
    void theShellOfAUserMovesAlongInWhatIsDelegatedToThatUser() {
        var fake = withShell(1000);
        fake.deny("mine:unified/d");
        fake.show("unified/d/cgroup.procs", "701\n702\n" + JVM);
        var cgroup = fake.host().create("c", limits(16L, true));
        assertThat(fake.text("unified/d/pelagos-jvm/cgroup.procs")).isEqualTo("701\n702\n" + JVM);
        assertThat(fake.text("unified/d/c/pids.max")).isEqualTo("16");
        assertThat(fake.text("unified/cgroup.subtree_control")).isEmpty();
        cgroup.remove();
    }

    @Test
    void whoIsOfAnotherUserKeepsAllWhereTheyAre() {
        var fake = withShell(1000);
        fake.deny("mine:unified/d");
        fake.show("unified/d/cgroup.procs", "700\n701\n" + JVM);
        var host = fake.host();
        assertThatThrownBy(() -> host.create("c", limits(16L, true)))
                .isInstanceOf(CgroupException.class)
                .hasMessageContaining("(700 sshd)")
                .hasMessageContaining("systemd-run --user --scope -p Delegate=yes");
        assertThat(fake.text("unified/d/cgroup.procs")).isEqualTo("700\n701\n" + JVM);
        assertThat(fake.directories()).containsExactly("unified/d");
    }

    @Test
    void rootMovesItsOwnShellOnlyWhereSystemdSaysThatItMay() {
        var fake = withShell(0);
        fake.show("unified/d/cgroup.procs", "701\n" + JVM);
        var host = fake.host();
        assertThatThrownBy(() -> host.create("c", limits(16L, true)))
                .isInstanceOf(CgroupException.class)
                .hasMessageContaining("(701 bash)");
        fake.delegated("unified/d");
        var cgroup = host.create("c", limits(16L, true));
        assertThat(fake.text("unified/d/pelagos-jvm/cgroup.procs")).isEqualTo("701\n" + JVM);
        cgroup.remove();
    }

    @Test
    void whomProcfsHidesIsNotMoved() {
        var fake = withShell(1000);
        fake.deny("mine:unified/d");
        fake.show("unified/d/cgroup.procs", "999\n" + JVM);
        var host = fake.host();
        assertThatThrownBy(() -> host.create("c", limits(16L, true)))
                .isInstanceOf(CgroupException.class)
                .hasMessageContaining("(999)");
    }

    @Test
    void controllersComeDownFromTheTopOfWhatIsDelegated() {
        var fake = unified(folder, "io.weight").own("/d/shells/one").user(1000);
        fake.deny("mine:unified/d");
        for (var cgroup : List.of("d/shells", "d/shells/one")) {
            fake.show("unified/" + cgroup + "/cgroup.controllers", "\n");
        }
        fake.show("unified/d/shells/one/cgroup.procs", JVM);
        var cgroup = fake.host().create("c", limits(16L, true));
        assertThat(fake.written())
                .containsSubsequence(
                        "unified/d/cgroup.subtree_control +pids",
                        "unified/d/shells/cgroup.subtree_control +pids",
                        "unified/d/shells/one/cgroup.subtree_control +pids");
        assertThat(fake.text("unified/cgroup.subtree_control")).isEmpty();
        assertThat(fake.text("unified/d/shells/one/c/pids.max")).isEqualTo("16");
        cgroup.remove();
    }

    @Test
    void controllersThatNobodyHasDelegatedAreLeftOff() {
        var fake = unified(folder, "io.weight").own("/d/one").user(1000);
        fake.deny("mine:unified/d/one");
        fake.show("unified/d/one/cgroup.controllers", "\n");
        fake.show("unified/d/one/cgroup.procs", JVM);
        var host = fake.host();
        assertThatThrownBy(() -> host.create("c", limits(16L, true)))
                .isInstanceOf(CgroupException.class)
                .hasMessageContaining("has no pids controller");
        assertThat(fake.text("unified/d/cgroup.subtree_control")).isEmpty();
        assertThat(fake.text("unified/d/one/cgroup.procs")).isEqualTo(JVM);
    }

    @Test
    void aRequiredLimitThatNeedsOthersMovedIsRefusedAndLeavesNothing() {
        var fake = unified(folder, "io.weight").own("/d").user(0).process(1, "init", 0, 0);
        fake.show("unified/d/cgroup.procs", "1\n" + JVM);
        var host = fake.host();
        assertThatThrownBy(() -> host.create("c", limits(16L, true)))
                .isInstanceOf(CgroupException.class)
                .hasMessageContaining("has processes beside the JVM");
        assertThat(fake.directories()).containsExactly("unified/d");
        assertThat(fake.open()).isEmpty();
    }

    @Test
    void withoutALimitTheJvmStaysWhereItIs() {
        var fake = unified(folder, "io.weight");
        fake.show("unified/cgroup.procs", JVM);
        fake.host().create("c", Resources.UNLIMITED).remove();
        assertThat(fake.text("unified/cgroup.procs")).isEqualTo(JVM);
        assertThat(fake.directories()).isEmpty();
    }

    @Test
    void theDescriptionNamesEachHierarchyAndWhatCanBeDoneThere() {
        var report = hybrid(folder).host().describe();
        assertThat(report.mode()).isEqualTo(CgroupMode.HYBRID);
        assertThat(report.toString())
                .startsWith("HYBRID")
                .contains("v2 " + folder.resolve("unified"))
                .contains("v1 " + folder.resolve("memory") + " [memory]: cgroups can be made");
        assertThat(report.places()).hasSize(7).allMatch(CgroupReport.Place::writable);
    }

    @Test
    void theDescriptionSaysWhyAPlaceCannotBeUsed() throws Exception {
        var fake = unified(folder, "io.weight");
        var host = fake.host();
        Files.delete(folder.resolve("unified/cgroup.subtree_control"));
        var place = host.describe().places().getFirst();
        assertThat(place.writable()).isFalse();
        assertThat(place.reason()).contains("cgroup.subtree_control", "Delegate=yes");
    }

    private static FakeCgroups unified(Path root, String weight) {
        var files = new LinkedHashMap<String, String>();
        for (var file :
                List.of(
                        "memory.max",
                        "memory.high",
                        "memory.low",
                        "memory.min",
                        "memory.swap.max",
                        "memory.oom.group",
                        "memory.zswap.max",
                        "cpu.weight",
                        "cpu.idle",
                        "cpu.max",
                        "cpu.max.burst",
                        "cpuset.cpus",
                        "cpuset.mems",
                        "pids.max",
                        "io.max",
                        "hugetlb.2MB.max")) {
            files.put(file, "");
        }
        files.put(weight, "");
        return new FakeCgroups(root).unified(files, CONTROLLERS);
    }

    private static FakeCgroups hybrid(Path root) {
        var unlimited = LegacyMemory.UNLIMITED + "\n";
        return new FakeCgroups(root)
                .unified(Map.of())
                .legacy(
                        "memory",
                        Map.of(
                                LegacyMemory.LIMIT,
                                unlimited,
                                LegacyMemory.TOTAL,
                                unlimited,
                                "memory.soft_limit_in_bytes",
                                unlimited))
                .legacy(
                        "cpu",
                        Map.of(
                                "cpu.shares", "",
                                "cpu.idle", "",
                                "cpu.cfs_quota_us", "",
                                "cpu.cfs_period_us", "",
                                "cpu.cfs_burst_us", ""))
                .legacy("cpuset", Map.of("cpuset.cpus", "", "cpuset.mems", ""))
                .legacy("pids", Map.of("pids.max", ""))
                .legacy("devices", Map.of("devices.allow", "", "devices.deny", ""))
                .legacy(
                        "blkio",
                        Map.of(
                                "blkio.throttle.read_bps_device", "",
                                "blkio.throttle.write_bps_device", "",
                                "blkio.throttle.read_iops_device", "",
                                "blkio.throttle.write_iops_device", ""));
    }

    private static List<String> withoutDevices(List<String> warnings) {
        var others = new ArrayList<>(warnings);
        others.removeIf(warning -> warning.startsWith(DEVICES));
        return others;
    }

    private static String pressure(String average) {
        return "some avg10="
                + average
                + " avg60=2.67 avg300=2.46 total=27063278\nfull avg10="
                + average
                + " avg60=0.10 avg300=0.00 total=7\n";
    }

    private static Resources withIoWeight() {
        var e = EVERYTHING;
        return new Resources(
                e.memory(),
                e.cpu(),
                e.pids(),
                new Resources.Io(2000L, e.io().devices()),
                e.hugetlb(),
                e.devices(),
                e.unified(),
                null,
                false);
    }

    private static Resources limits(long pids, boolean required) {
        return new Resources(
                Resources.Memory.UNLIMITED,
                Resources.Cpu.UNLIMITED,
                pids,
                Resources.Io.UNLIMITED,
                Map.of(),
                List.of(),
                Map.of(),
                null,
                required);
    }

    private static ByteSize size(long bytes) {
        return ByteSize.of(bytes);
    }
}
