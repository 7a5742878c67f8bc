package io.pelagos.core.internal.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pelagos.core.kernel.LinuxKernel;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.spec.ByteSize;
import io.pelagos.core.spec.Device;
import io.pelagos.core.spec.Resources;
import io.pelagos.core.testing.LeakCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The cgroups of this host, whatever their version, with processes of the shell in them. */
@Tag("cgroup")
@ExtendWith(LeakCheck.class)
class ContainerCgroupIT {
    private static final Duration SOON = Duration.ofSeconds(20);

    private final SystemCalls calls = new SystemCalls(new LinuxKernel());
    private final CgroupHost host = CgroupHost.detect(calls);
    private final List<ContainerCgroup> cgroups = new ArrayList<>();
    private final List<Process> processes = new ArrayList<>();

    @AfterEach
    void nothingIsLeft() throws InterruptedException {
        for (var cgroup : cgroups) {
            var directories = cgroup.directories();
            if (directories.stream().anyMatch(d -> Files.exists(Path.of(d)))) {
                cgroup.kill();
                cgroup.remove();
            }
            assertThat(directories).allMatch(d -> !Files.exists(Path.of(d)));
        }
        for (var process : processes) {
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void aProcessOverTheMemoryLimitIsKilledAndReported() throws Exception {
        var cgroup = create(memory(ByteSize.of(16 << 20), ByteSize.of(0)));
        var process = start(cgroup, "exec dd if=/dev/zero of=/dev/null bs=64M count=1");
        assertThat(process.waitFor()).isEqualTo(137);
        assertThat(cgroup.oomKills()).isPositive();
        var memory = cgroup.stats().memory();
        assertThat(memory.max()).isEqualTo(ByteSize.of(16 << 20));
        assertThat(memory.events().oomKill()).isPositive();
    }

    @Test
    void moreProcessesThanAllowedCannotBeMade() throws Exception {
        var cgroup = create(pids(3));
        var process = start(cgroup, "for i in 1 2 3 4 5 6; do sleep 60 & done; exit 0");
        process.waitFor();
        assertThat(cgroup.stats().pids().max()).isEqualTo(3);
        assertThat(cgroup.stats().pids().current()).isLessThanOrEqualTo(3);
    }

    @Test
    void theQuotaOfProcessorsThrottles() throws Exception {
        var cgroup = create(cpu(new Resources.Cpu(200L, 5_000L, 50_000L, null, null, null, null)));
        start(cgroup, "while :; do :; done");
        await(() -> moreThan(0, cgroup.stats().cpu().throttledPeriods()));
        assertThat(cgroup.stats().cpu().periods()).isPositive();
        // Not positive: a kernel whose clock is its tick may see no time pass while it throttles.
        assertThat(cgroup.stats().cpu().throttled()).isNotNull();
        assertThat(cgroup.stats().cpu().usage()).isPositive();
    }

    @Test
    void aFrozenProcessDoesNotRunUntilItIsThawed() throws Exception {
        var cgroup = create(Resources.UNLIMITED);
        start(cgroup, "while :; do :; done");
        await(() -> positive(cgroup.stats().cpu().usage()));
        cgroup.freeze();
        var stopped = cgroup.stats().cpu().usage();
        assertThat(cgroup.stats().cpu().usage()).isEqualTo(stopped);
        cgroup.thaw();
        await(() -> !java.util.Objects.equals(cgroup.stats().cpu().usage(), stopped));
    }

    @Test
    void aVirtualThreadMayWaitForAnEmptyCgroup() throws Exception {
        var cgroup = create(Resources.UNLIMITED);
        start(cgroup, "exec sleep 600");
        assertThat(cgroup.populated()).isTrue();
        assertThat(cgroup.awaitEmpty(Duration.ZERO)).isFalse();
        var waiter = Thread.startVirtualThread(() -> cgroup.awaitEmpty(SOON));
        cgroup.kill();
        assertThat(waiter.join(SOON)).isTrue();
        assertThat(cgroup.populated()).isFalse();
    }

    @Test
    void aWildForkerIsKilledWithAllItsChildren() throws Exception {
        var cgroup = create(pids(60));
        start(cgroup, "f() { sleep 600 & f & }; while :; do f 2>/dev/null; done 2>/dev/null");
        await(() -> moreThan(20, cgroup.stats().pids().current()));
        cgroup.kill();
        assertThat(cgroup.populated()).isFalse();
        cgroup.remove();
        cgroup.remove();
    }

    @Test
    void limitsChangeWhileItRunsUpAndDown() throws Exception {
        var small = ByteSize.of(64 << 20);
        var cgroup = create(memory(small, ByteSize.of(0)));
        start(cgroup, "exec sleep 600");
        for (int mib : new int[] {256, 32, 128}) {
            var size = ByteSize.of((long) mib << 20);
            cgroup.update(memory(size, ByteSize.of(0)));
            assertThat(cgroup.stats().memory().max()).isEqualTo(size);
        }
        cgroup.update(pids(7));
        assertThat(cgroup.stats().pids().max()).isEqualTo(7);
        assertThat(cgroup.stats().memory().max()).isEqualTo(ByteSize.of(128 << 20));
    }

    @Test
    void cgroupsThatTheContainerMadeAreRemovedToo() throws Exception {
        var cgroup = create(Resources.UNLIMITED);
        for (var directory : cgroup.paths().values()) {
            Files.createDirectories(Path.of(directory, "a", "b", "c"));
            Files.createDirectories(Path.of(directory, "a", "d"));
            Files.createDirectories(Path.of(directory, "e"));
        }
        cgroup.remove();
        assertThat(cgroup.directories()).allMatch(d -> !Files.exists(Path.of(d)));
    }

    @Test
    void aDeviceThatNoRuleAllowsCannotBeOpened() throws Exception {
        var cgroup = create(Resources.UNLIMITED);
        assumeTrue(
                cgroup.warnings().stream().noneMatch(w -> w.contains("device")),
                () -> "devices cannot be limited here: " + cgroup.warnings());
        assertThat(opens(cgroup, "/dev/null")).isTrue();
        assertThat(opens(cgroup, "/dev/kmsg")).isFalse();
        cgroup.update(
                devices(
                        new Resources.DeviceRule(true, Device.Type.CHARACTER, 1, 11, "rw"),
                        new Resources.DeviceRule(false, Device.Type.CHARACTER, 1, 5, "r")));
        assertThat(opens(cgroup, "/dev/kmsg")).isTrue();
        assertThat(opens(cgroup, "/dev/zero")).isFalse();
    }

    @Test
    void theProgramOfVersionTwoDecidesAboutDevices() throws Exception {
        var cgroup = create(Resources.UNLIMITED);
        var path = cgroup.paths().getOrDefault("unified", "");
        assumeTrue(!path.isEmpty(), "no cgroup v2");
        try (var directory = CgroupDirectory.open(calls, path)) {
            try {
                DeviceFilter.replace(directory, DeviceRules.withDefaults(List.of()));
            } catch (io.pelagos.core.kernel.ErrnoException e) {
                assumeTrue(false, "no device programs here: " + e.getMessage());
            }
            assertThat(DeviceFilter.attached(directory)).hasSize(1);
            var join = "echo 0 > " + path + "/cgroup.procs; ";
            assertThat(run(join + "exec 3</dev/zero")).isZero();
            assertThat(run(join + "exec 3</dev/kmsg")).isNotZero();
            DeviceFilter.replace(
                    directory, new DeviceRules(List.of(DeviceRulesProperties.EVERYTHING)));
            assertThat(DeviceFilter.attached(directory)).isEmpty();
        }
    }

    @Test
    void aRequiredLimitThatTheKernelDoesNotHaveIsRefusedAndLeavesNothing() {
        var name = "pelagos-it-" + System.nanoTime();
        var resources =
                new Resources(
                        Resources.Memory.UNLIMITED,
                        Resources.Cpu.UNLIMITED,
                        5L,
                        Resources.Io.UNLIMITED,
                        Map.of("3MB", ByteSize.of(4096)),
                        List.of(),
                        Map.of(),
                        null,
                        true);
        assertThatThrownBy(() -> host.create(name, resources))
                .isInstanceOf(CgroupException.class)
                .hasMessageContaining("hugetlb 3MB");
        assertThat(host.find(name, null)).isEmpty();
    }

    @Test
    void aMissingParentIsMadeAndGoesWithTheLastContainer() {
        var parent = "/pelagos-it-parent-" + System.nanoTime() + "/inner";
        assumeTrue(
                host.hierarchies().stream().allMatch(h -> h.base().equals("/")),
                "the JVM is not at the top of every hierarchy");
        var cgroup = host.create("pelagos-it-child", limits(Map.of(), 9L, parent));
        cgroups.add(cgroup);
        assertThat(cgroup.paths().values()).allMatch(p -> p.contains(parent));
        assertThat(cgroup.stats().pids().max()).isEqualTo(9);
        assertThat(host.find("pelagos-it-", parent)).containsKey("pelagos-it-child");
    }

    @Test
    void anotherJvmCanOpenWhatThisOneMade() throws Exception {
        var cgroup = create(pids(11));
        try (cgroup;
                var same = CgroupHost.detect(calls).open(cgroup.paths()).orElseThrow()) {
            assertThat(same.stats().pids().max()).isEqualTo(11);
            start(cgroup, "exec sleep 600");
            same.kill();
            same.remove();
        }
        assertThat(host.open(cgroup.paths())).isEmpty();
    }

    @Test
    void theHostIsDescribed() {
        var report = host.describe();
        assertThat(report.mode()).isNotEqualTo(CgroupMode.NONE);
        assertThat(report.places()).anyMatch(CgroupReport.Place::writable);
        assertThat(report.toString()).contains("cgroups can be made");
    }

    private ContainerCgroup create(Resources resources) {
        var cgroup = host.create("pelagos-it-" + System.nanoTime(), resources);
        cgroups.add(cgroup);
        return cgroup;
    }

    /** Starts a shell that enters the container's cgroups and says so before it goes on. */
    private Process start(ContainerCgroup cgroup, String script) throws IOException {
        var join = new StringBuilder();
        for (var file : cgroup.joinFiles()) {
            join.append("echo 0 > ").append(file).append(" || exit 99; ");
        }
        var unified = cgroup.paths().get("unified");
        if (unified != null) {
            join.append("echo 0 > ").append(unified).append("/cgroup.procs || exit 99; ");
        }
        var process =
                new ProcessBuilder("sh", "-c", join + "echo in; exec >/dev/null; " + script)
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
        processes.add(process);
        assertThat(process.inputReader().readLine()).isEqualTo("in");
        return process;
    }

    private boolean opens(ContainerCgroup cgroup, String device) throws Exception {
        return start(cgroup, "exec 3<" + device).waitFor() == 0;
    }

    private static int run(String script) throws Exception {
        return new ProcessBuilder("sh", "-c", script)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }

    private void await(java.util.function.BooleanSupplier condition) {
        assertThat(CgroupEvents.retry(calls, condition, SOON)).isTrue();
    }

    private static boolean moreThan(long least, @org.jspecify.annotations.Nullable Long number) {
        return number != null && number > least;
    }

    private static boolean positive(@org.jspecify.annotations.Nullable Duration time) {
        return time != null && time.isPositive();
    }

    private static Resources memory(ByteSize max, ByteSize swap) {
        return new Resources(
                new Resources.Memory(max, null, null, null, swap, null, null),
                Resources.Cpu.UNLIMITED,
                null,
                Resources.Io.UNLIMITED,
                Map.of(),
                List.of(),
                Map.of(),
                null,
                false);
    }

    private static Resources cpu(Resources.Cpu cpu) {
        return new Resources(
                Resources.Memory.UNLIMITED,
                cpu,
                null,
                Resources.Io.UNLIMITED,
                Map.of(),
                List.of(),
                Map.of(),
                null,
                true);
    }

    private static Resources devices(Resources.DeviceRule... rules) {
        return new Resources(
                Resources.Memory.UNLIMITED,
                Resources.Cpu.UNLIMITED,
                null,
                Resources.Io.UNLIMITED,
                Map.of(),
                List.of(rules),
                Map.of(),
                null,
                true);
    }

    private static Resources pids(long most) {
        return limits(Map.of(), most, null);
    }

    private static Resources limits(
            Map<String, String> unified,
            long pids,
            @org.jspecify.annotations.Nullable String parent) {
        return new Resources(
                Resources.Memory.UNLIMITED,
                Resources.Cpu.UNLIMITED,
                pids,
                Resources.Io.UNLIMITED,
                Map.of(),
                List.of(),
                unified,
                parent,
                true);
    }
}
