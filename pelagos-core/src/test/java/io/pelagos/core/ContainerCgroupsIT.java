package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pelagos.core.internal.cgroup.CgroupHost;
import io.pelagos.core.kernel.LinuxKernel;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.security.Capability;
import io.pelagos.core.spec.ByteSize;
import io.pelagos.core.spec.Device;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.Resources;
import io.pelagos.core.spec.Signal;
import io.pelagos.core.testing.InSandbox;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Limits, counters and the freezer of whole containers, on whatever cgroups this host has. */
@Tag("cgroup")
class ContainerCgroupsIT extends InSandbox {
    private static final ByteSize SMALL = ByteSize.of(32 << 20);
    private static final String BUSY = "while :; do :; done";

    private final CgroupHost host = CgroupHost.detect(new SystemCalls(new LinuxKernel()));

    @Test
    void memoryBeyondTheLimitEndsTheContainerAsOutOfMemory() throws Exception {
        var container =
                sandbox.command("dd", "if=/dev/zero", "of=/dev/null", "bs=128M", "count=1")
                        .memory(SMALL)
                        .start();
        assertThat(container.waitFor()).isInstanceOf(Exit.OutOfMemory.class);
        assertNothingIsLeft(container);
    }

    @Test
    void lackOfMemoryEndsAllProcessesOrOneAsIsChosen() throws Exception {
        assumeTrue(
                Files.isRegularFile(Path.of("/sys/fs/cgroup/cgroup.controllers")),
                "needs cgroup v2 with the controller memory");
        var script = "dd if=/dev/zero of=/dev/null bs=128M count=1; echo survived";
        var together = sandbox.sh(script).memory(SMALL).run();
        assertThat(together.exit()).isInstanceOf(Exit.OutOfMemory.class);
        assertThat(together.stdout()).isEmpty();
        var alone = sandbox.sh(script).memory(SMALL).oomGroup(false).run();
        assertThat(alone.stdout()).isEqualTo("survived\n");
    }

    @Test
    void aDetachedContainerBeyondItsLimitIsOnDiskAsOutOfMemory() throws Exception {
        var container =
                sandbox.command("dd", "if=/dev/zero", "of=/dev/null", "bs=128M", "count=1")
                        .memory(SMALL)
                        .startDetached();
        assertThat(container.waitFor()).isInstanceOf(Exit.OutOfMemory.class);
        assertThat(container.inspect().exit())
                .isInstanceOfSatisfying(
                        Exit.OutOfMemory.class, e -> assertThat(e.kills()).isPositive());
        container.remove(false);
        assertThat(sandbox.pelagos().containers().list()).isEmpty();
    }

    @Test
    void aKilledDetachedContainerIsNotTakenForLackOfMemory() throws Exception {
        var container = sandbox.command("sleep", "600").memory(SMALL).startDetached();
        assertThat(container.stop(Duration.ZERO)).isEqualTo(new Exit.Killed(Signal.KILL, false));
        container.remove(false);
    }

    @Test
    void aKillByAnotherIsNotTakenForLackOfMemory() throws Exception {
        try (var container = sandbox.command("sleep", "600").memory(SMALL).start()) {
            container.kill();
            assertThat(container.waitFor()).isEqualTo(new Exit.Killed(Signal.KILL, false));
            assertNothingIsLeft(container);
        }
    }

    @Test
    void moreProcessesThanAllowedCannotBeMade() throws Exception {
        var result =
                sandbox.sh("for i in 1 2 3 4 5 6 7 8; do sleep 60 & done; echo all").pids(4).run();
        assertThat(result.stdout()).doesNotContain("all");
        assertThat(result.stderr()).contains("fork");
    }

    @Test
    void aQuotaOfProcessorsThrottles() throws Exception {
        try (var container = sandbox.sh(BUSY).cpus(0.1).start()) {
            await(() -> moreThan(0, container.stats().cpu().throttledPeriods()));
            assertThat(container.stats().cpu().usage()).isPositive();
            container.kill();
            assertNothingIsLeft(container);
        }
    }

    @Test
    void aPausedContainerStandsStillUntilItIsResumed() throws Exception {
        try (var container = sandbox.sh(BUSY).start()) {
            await(() -> positive(container.stats().cpu().usage()));
            container.pause();
            var before = container.stats().cpu().usage();
            assertThat(container.stats().cpu().usage()).isEqualTo(before);
            container.resume();
            await(() -> !java.util.Objects.equals(before, container.stats().cpu().usage()));
        }
    }

    @Test
    void aPausedContainerCanBeKilledAndStopped() throws Exception {
        for (var grace : List.of(Duration.ZERO, Duration.ofSeconds(20))) {
            try (var container = sandbox.sh("trap 'exit 3' TERM; echo ready; " + BUSY).start()) {
                assertThat(container.stdout().lines().findFirst()).contains("ready");
                container.pause();
                var exit = container.stop(grace);
                assertThat(exit.code()).isEqualTo(grace.isZero() ? 137 : 3);
                assertNothingIsLeft(container);
            }
        }
    }

    @Test
    void countersAreThoseOfTheContainerAlone() throws Exception {
        try (var container =
                sandbox.sh("sleep 600 & sleep 600 & echo ready; wait")
                        .memory(SMALL)
                        .pids(9)
                        .start()) {
            assertThat(container.stdout().lines().findFirst()).contains("ready");
            var stats = container.stats();
            assertThat(stats.pids().current()).isEqualTo(3);
            assertThat(stats.pids().max()).isEqualTo(9);
            assertThat(stats.memory().max()).isEqualTo(SMALL);
            assertThat(stats.memory().current()).isLessThan(SMALL);
        }
    }

    @Test
    void limitsChangeWhileItRuns() throws Exception {
        try (var container = sandbox.command("sleep", "600").pids(5).memory(SMALL).start()) {
            container.limits(
                    resources(
                            new Resources.Memory(
                                    ByteSize.of(64 << 20), null, null, null, null, null, null),
                            7L,
                            List.of(),
                            true));
            assertThat(container.stats().pids().max()).isEqualTo(7);
            assertThat(container.stats().memory().max()).isEqualTo(ByteSize.of(64 << 20));
            container.kill();
            container.waitFor();
            assertThatThrownBy(container::stats).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void aDeviceThatNoRuleAllowsCannotBeOpened() throws Exception {
        var script = "mknod /dev/kmsg c 1 11 && exec 3</dev/kmsg";
        try (var container =
                sandbox.sh(script).capAdd(Capability.MKNOD, Capability.SYSLOG).start()) {
            assumeTrue(
                    container.warnings().stream().noneMatch(w -> w.contains("device")),
                    () -> "devices cannot be limited here: " + container.warnings());
            assertThat(container.waitFor().success()).isFalse();
        }
        var rule = new Resources.DeviceRule(true, Device.Type.CHARACTER, 1, 11, "rwm");
        var allowed =
                sandbox.sh(script)
                        .capAdd(Capability.MKNOD, Capability.SYSLOG)
                        .resources(resources(Resources.Memory.UNLIMITED, null, List.of(rule), true))
                        .run();
        assertThat(allowed.exit()).as(allowed.stderr()).isEqualTo(new Exit.Code(0));
    }

    @Test
    void theContainerIsMadeBelowTheParentThatIsAskedFor() throws Exception {
        assumeTrue(
                host.hierarchies().stream().allMatch(h -> h.base().equals("/")),
                "the JVM is not at the top of every hierarchy");
        var parent = "/pelagos-it-" + System.nanoTime() + "/inner";
        try (var container = sandbox.command("sleep", "600").cgroupParent(parent).pids(6).start()) {
            assertThat(host.find("pelagos-" + container.id(), parent)).hasSize(1);
            assertThat(container.stats().pids().current()).isEqualTo(1);
            container.close();
            assertThat(host.find("pelagos-", parent)).isEmpty();
        }
    }

    @Test
    void aLimitThatCannotBeHadIsAWarning() throws Exception {
        var result = impossible(false).run();
        assertThat(result.exit()).isEqualTo(new Exit.Code(0));
        try (var container = impossible(false).start()) {
            assertThat(container.warnings()).anyMatch(w -> w.contains("hugetlb 3MB"));
        }
    }

    @Test
    void aLimitThatCannotBeHadIsAnErrorWhenItIsRequired() {
        var container = impossible(true);
        assertThatThrownBy(container::start)
                .isInstanceOf(LimitException.class)
                .hasMessageContaining("hugetlb 3MB");
        assertThat(sandbox.pelagos().running()).isEmpty();
    }

    @Test
    void processesThatTheContainerLeavesBehindEndWithItAndThoseOfTheHostDoNot() throws Exception {
        var bystander = new ProcessBuilder("sleep", "600").start();
        try {
            var container = sandbox.sh("for i in 1 2 3; do sleep 600 & done; exit 5").start();
            assertThat(container.waitFor()).isEqualTo(new Exit.Code(5));
            assertNothingIsLeft(container);
            assertThat(bystander.isAlive()).isTrue();
        } finally {
            bystander.destroyForcibly().waitFor();
        }
    }

    private ContainerBuilder impossible(boolean required) {
        return sandbox.command("true")
                .resources(
                        new Resources(
                                Resources.Memory.UNLIMITED,
                                Resources.Cpu.UNLIMITED,
                                null,
                                Resources.Io.UNLIMITED,
                                Map.of("3MB", ByteSize.of(4096)),
                                List.of(),
                                Map.of(),
                                null,
                                required));
    }

    /** The end is told before everything is removed; closing waits for that. */
    private void assertNothingIsLeft(Container container) throws InterruptedException {
        container.close();
        container.waitFor();
        assertThat(host.find("pelagos-" + container.id(), null)).isEmpty();
    }

    private static Resources resources(
            Resources.Memory memory,
            @Nullable Long pids,
            List<Resources.DeviceRule> devices,
            boolean required) {
        return new Resources(
                memory,
                Resources.Cpu.UNLIMITED,
                pids,
                Resources.Io.UNLIMITED,
                Map.of(),
                devices,
                Map.of(),
                null,
                required);
    }

    /** Looks again until it is so; the build's own limit of time ends what never comes. */
    private static void await(BooleanSupplier condition) {
        var end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waiting for 20 s").isLessThan(end);
            Thread.onSpinWait();
        }
    }

    private static boolean moreThan(long least, @Nullable Long number) {
        return number != null && number > least;
    }

    private static boolean positive(@Nullable Duration time) {
        return time != null && time.isPositive();
    }
}
