package io.pelagos.core;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pelagos.core.kernel.LinuxKernel;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.ContainerSpec.Supervision;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.MiB;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.Resources;
import io.pelagos.core.spec.Rlimit;
import io.pelagos.core.spec.Signal;
import io.pelagos.core.testing.ForkedJvm;
import io.pelagos.core.testing.InSandbox;
import io.pelagos.core.testing.Sandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** From the start of a container to its end, and what can be done between. */
class LifecycleIT extends InSandbox {
    private static final Duration LONG = Duration.ofSeconds(60);

    private Container started(String script) {
        return awaitReady(sandbox.sh(script).start());
    }

    /** The script prints a first line when its traps are set. */
    private static Container awaitReady(Container container) {
        try {
            for (int c = container.stdout().read(); c != '\n'; c = container.stdout().read()) {
                assertThat(c).as("output before the first line's end").isNotNegative();
            }
            return container;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void factsOfAContainerAreThereWhileItRuns() throws Exception {
        try (var container = sandbox.command("sleep", "1000").name("queue").start();
                var other = sandbox.command("sleep", "1000").start()) {
            assertThat(container.id()).matches("[0-9a-f]{32}").isNotEqualTo(other.id());
            assertThat(container.name()).isEqualTo("queue");
            assertThat(other.name()).startsWith("pelagos-");
            assertThat(ProcessHandle.of(container.pid())).isPresent();
            assertThat(container.isAlive()).isTrue();
            assertThat(container.onExit()).isNotDone();
            assertThat(container.waitFor(Duration.ofMillis(1))).isEmpty();
            assertThat(sandbox.pelagos().running()).containsExactlyInAnyOrder(container, other);
            container.kill();
            assertThat(container.waitFor()).isEqualTo(new Exit.Killed(Signal.KILL, false));
            assertThat(container.isAlive()).isFalse();
            assertThat(container.waitFor(Duration.ZERO)).isPresent();
            assertThat(sandbox.pelagos().running()).containsExactly(other);
        }
    }

    @Test
    void labelsAndAnnotationsStayWithTheContainer() throws Exception {
        try (var container =
                sandbox.command("true").label("team", "blue").annotation("a.b/c", "d").start()) {
            assertThat(container.spec().labels()).isEqualTo(Map.of("team", "blue"));
            assertThat(container.spec().annotations()).isEqualTo(Map.of("a.b/c", "d"));
        }
    }

    @Test
    void codeOfExitIsNeverMistakenForASignal() throws Exception {
        assertThat(sandbox.sh("exit 137").run().exit()).isEqualTo(new Exit.Code(137));
        assertThat(sandbox.sh("exit 255").run().exit()).isEqualTo(new Exit.Code(255));
    }

    static Stream<Signal> deadly() {
        return IntStream.rangeClosed(1, 64)
                .filter(n -> n < 17 || n > 23)
                .filter(n -> n != 28)
                .mapToObj(Signal::of);
    }

    @ParameterizedTest
    @MethodSource("deadly")
    void everyDeadlySignalIsDeliveredByItsNameAndReported(Signal signal) throws Exception {
        // A process that shares the host's process ids has the usual effects of signals.
        try (var container =
                sandbox.command("sleep", "1000")
                        .share(Namespace.PID)
                        .rlimit(Rlimit.CORE, 0, 0)
                        .start()) {
            assertThat(container.signal(Signal.parse(signal.name()))).isTrue();
            assertThat(container.waitFor()).isEqualTo(new Exit.Killed(signal, false));
            assertThat(container.waitFor().code()).isEqualTo(128 + signal.number());
            assertThat(container.signal(signal)).isFalse();
        }
    }

    @Test
    void signalReachesTheHandlerOfProcessOne() throws Exception {
        try (var container =
                started("trap 'echo got; exit 7' USR1; echo ready; while :; do read x; done")) {
            assertThat(container.signal(Signal.parse("usr1"))).isTrue();
            assertThat(container.waitFor()).isEqualTo(new Exit.Code(7));
            assertThat(container.stdout().text()).isEqualTo("got\n");
        }
    }

    @Test
    void coreDumpIsReported() throws Exception {
        var pattern = Files.readString(Path.of("/proc/sys/kernel/core_pattern"));
        assumeTrue(!pattern.startsWith("|"), "cores go to a program of the host: " + pattern);
        try (var container =
                sandbox.command("sleep", "1000")
                        .share(Namespace.PID)
                        .cwd("/tmp")
                        .rlimit(Rlimit.CORE, MiB.of(64).bytes(), MiB.of(64).bytes())
                        .start()) {
            container.signal(Signal.parse("ABRT"));
            assertThat(container.waitFor())
                    .isEqualTo(new Exit.Killed(Signal.parse("SIGABRT"), true));
        }
    }

    @Test
    void stopSendsTheStopSignal() throws Exception {
        try (var container = started("trap 'exit 3' TERM; echo ready; while :; do read x; done")) {
            assertThat(container.stop(LONG)).isEqualTo(new Exit.Code(3));
            assertThat(container.stop(LONG)).isEqualTo(new Exit.Code(3));
        }
        var script = "trap 'exit 4' QUIT; echo ready; while :; do read x; done";
        try (var container = awaitReady(sandbox.sh(script).stopSignal(Signal.QUIT).start())) {
            assertThat(container.stop(LONG)).isEqualTo(new Exit.Code(4));
        }
    }

    @Test
    void containerThatIgnoresTheStopSignalIsKilled() throws Exception {
        try (var container = started("trap '' TERM; echo ready; while :; do sleep 1000; done")) {
            assertThat(container.stop(Duration.ofMillis(50)))
                    .isEqualTo(new Exit.Killed(Signal.KILL, false));
        }
    }

    @Test
    void stopWithoutGraceKillsAtOnce() throws Exception {
        try (var container = started("trap 'exit 3' TERM; echo ready; while :; do read x; done")) {
            assertThat(container.stop(Duration.ZERO))
                    .isEqualTo(new Exit.Killed(Signal.KILL, false));
        }
    }

    @Test
    void pausedContainerIsStopped() throws Exception {
        try (var container = started("trap 'exit 3' TERM; echo ready; while :; do read x; done")) {
            container.pause();
            assertThat(container.stop(LONG)).isEqualTo(new Exit.Code(3));
        }
        try (var container = started("echo ready; sleep 1000")) {
            container.pause();
            container.kill();
            assertThat(container.waitFor()).isEqualTo(new Exit.Killed(Signal.KILL, false));
        }
    }

    @Test
    void pauseFreezesEveryProcessAndResumeLetsThemRunOn() throws Exception {
        try (var container = started("sleep 1000 & echo ready; while read x; do echo $x; done")) {
            container.pause();
            assertThat(frozen(container)).isTrue();
            container.stdin().write("one\n".getBytes(UTF_8));
            assertThat(container.stdout().available()).isZero();
            container.resume();
            assertThat(frozen(container)).isFalse();
            awaitReady(container);
            container.resume();
        }
    }

    /** Asks the freezer of either version, wherever the process is. */
    private static boolean frozen(Container container) throws IOException {
        for (var line : Files.readAllLines(Path.of("/proc/" + container.pid() + "/cgroup"))) {
            var fields = line.split(":", 3);
            var v1 = Path.of("/sys/fs/cgroup/freezer" + fields[2] + "/freezer.state");
            if (fields[1].equals("freezer") && Files.exists(v1)) {
                return Files.readString(v1).strip().equals("FROZEN");
            }
        }
        var unified = Files.readString(Path.of("/proc/" + container.pid() + "/cgroup"));
        for (var root : List.of("/sys/fs/cgroup", "/sys/fs/cgroup/unified")) {
            var path = unified.lines().filter(l -> l.startsWith("0::")).findFirst().orElseThrow();
            var events = Path.of(root + path.substring(3) + "/cgroup.events");
            if (Files.exists(events)) {
                return Files.readString(events).contains("frozen 1");
            }
        }
        throw new AssertionError("no freezer is mounted");
    }

    @Test
    void statsTellWhatIsUsedAndLimitsChangeWhileItRuns() throws Exception {
        try (var container =
                awaitReady(
                        sandbox.sh("sleep 1000 & echo ready; wait")
                                .memory(MiB.of(64))
                                .pids(10)
                                .start())) {
            var stats = container.stats();
            assertThat(stats.pids().current()).isEqualTo(2);
            assertThat(stats.pids().max()).isEqualTo(10);
            assertThat(stats.memory().current()).isNotNull();
            var limits = sandbox.command("true").memory(MiB.of(32)).pids(7).spec().resources();
            container.limits(limits);
            assertThat(container.stats().pids().max()).isEqualTo(7);
            assertThat(container.warnings()).isEmpty();
        }
    }

    @Test
    void containerThatEndedHasNeitherStatsNorLimitsNorPause() throws Exception {
        try (var container = sandbox.command("true").start()) {
            container.waitFor();
            assertThatThrownBy(container::stats)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining(container.name());
            assertThatThrownBy(container::pause).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(container::resume).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> container.limits(Resources.UNLIMITED))
                    .isInstanceOf(IllegalStateException.class);
            assertThat(container.signal(Signal.TERM)).isFalse();
            container.kill();
        }
    }

    @Test
    void memoryBeyondTheLimitIsReportedAsSuch() throws Exception {
        var alone = sandbox.command("tail", "/dev/zero").memory(MiB.of(16)).run();
        assertThat(alone.exit())
                .isInstanceOfSatisfying(
                        Exit.OutOfMemory.class, e -> assertThat(e.kills()).isPositive());
    }

    @Test
    void timeoutEndsTheContainerAndIsReportedAsSuch() throws Exception {
        var limit = Duration.ofMillis(50);
        assertThat(sandbox.command("sleep", "1000").timeout(limit).run().exit())
                .isEqualTo(new Exit.TimedOut(limit));
        assertThat(sandbox.command("true").timeout(LONG).run().exit()).isEqualTo(new Exit.Code(0));
    }

    @Test
    void closeKillsTheContainerAndAllItsProcesses() throws Exception {
        var container = started("sleep 1000 & echo ready; wait");
        var cgroup = Files.readString(Path.of("/proc/" + container.pid() + "/cgroup"));
        assertThat(cgroup).contains("pelagos-" + container.id());
        container.close();
        assertThat(container.waitFor()).isEqualTo(new Exit.Killed(Signal.KILL, false));
        assertThat(Path.of("/proc/" + container.pid())).doesNotExist();
        assertThat(ProcessHandle.current().children()).isEmpty();
        container.close();
    }

    @Test
    void closingPelagosEndsItsContainers() throws Exception {
        Container container;
        try (var other = Pelagos.open(PelagosPaths.under(directory.resolve("other")))) {
            container = other.container(sandbox.root().rootfs()).command("sleep", "1000").start();
            assertThat(container.isAlive()).isTrue();
        }
        assertThat(container.waitFor()).isEqualTo(new Exit.Killed(Signal.KILL, false));
    }

    @Test
    void limitThatCannotBeHadIsAWarning() throws Exception {
        var none = Map.of("memory.nosuch", "1");
        var resources =
                new Resources(
                        Resources.Memory.UNLIMITED,
                        Resources.Cpu.UNLIMITED,
                        null,
                        Resources.Io.UNLIMITED,
                        Map.of(),
                        List.of(),
                        none,
                        null,
                        false);
        var result = sandbox.command("true").resources(resources).run();
        assertThat(result.success()).isTrue();
        assertThat(result.warnings()).anyMatch(w -> w.contains("memory.nosuch"));
    }

    @ParameterizedTest
    @EnumSource(names = {"ATTACHED", "CHILD"})
    void bothWaysOfSupervisionReportTheEnd(Supervision mode) throws Exception {
        assertThat(sandbox.sh("exit 9").supervision(mode).run().exit()).isEqualTo(new Exit.Code(9));
        try (var container = sandbox.command("sleep", "1000").supervision(mode).start()) {
            container.kill();
            assertThat(container.waitFor()).isEqualTo(new Exit.Killed(Signal.KILL, false));
        }
        assertThat(ProcessHandle.current().children()).isEmpty();
    }

    @Test
    void attachedContainerEndsWithItsJvm() throws Exception {
        try (var jvm = ForkedJvm.start(Owner.class, directory.resolve("inner").toString());
                var lines = jvm.process().inputReader()) {
            int pid = Integer.parseInt(lines.readLine());
            try (var pidfd = new SystemCalls(new LinuxKernel()).pidfdOpen(pid)) {
                var ended = ProcessHandle.of(pid).orElseThrow().onExit();
                jvm.process().destroyForcibly().waitFor();
                ended.get(60, TimeUnit.SECONDS);
                assertThat(new SystemCalls(new LinuxKernel()).pidfdSendSignal(pidfd, 15)).isFalse();
            }
        }
    }

    /** Runs in a JVM of its own, which is killed. */
    static final class Owner {
        public static void main(String[] args) throws Exception {
            try (var inner = Sandbox.in(Path.of(args[0]));
                    var container = inner.command("sleep", "1000").start()) {
                System.out.println(container.pid());
                container.waitFor();
            }
        }
    }
}
