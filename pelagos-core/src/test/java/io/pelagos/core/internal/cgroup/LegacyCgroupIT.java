package io.pelagos.core.internal.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pelagos.core.kernel.LinuxKernel;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.spec.ByteSize;
import io.pelagos.core.spec.Resources;
import io.pelagos.core.testing.LeakCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A host as if it had version 1 only: the freezer and the loop that kills without cgroup.kill. */
@Tag("cgroup")
@ExtendWith(LeakCheck.class)
class LegacyCgroupIT {
    private static final Set<String> USED = Set.of("freezer", "memory", "pids");

    private final SystemCalls calls = new SystemCalls(new LinuxKernel());
    private final List<Process> processes = new ArrayList<>();
    private CgroupHost host = new CgroupHost(calls, List.of());
    private ContainerCgroup cgroup =
            new ContainerCgroup(host, null, Map.of(), List.of(), List.of());

    @BeforeEach
    void make() {
        host =
                new CgroupHost(
                        calls,
                        CgroupHost.detect(calls).hierarchies().stream()
                                .filter(h -> !h.unified())
                                .filter(h -> h.controllers().stream().anyMatch(USED::contains))
                                .toList());
        assumeTrue(host.v1Controllers().containsAll(USED), "no hierarchies of version 1");
        cgroup =
                host.create(
                        "pelagos-it-" + System.nanoTime(),
                        new Resources(
                                new Resources.Memory(
                                        ByteSize.of(64 << 20), null, null, null, null, null, null),
                                Resources.Cpu.UNLIMITED,
                                40L,
                                Resources.Io.UNLIMITED,
                                Map.of(),
                                List.of(),
                                Map.of(),
                                null,
                                true));
    }

    @AfterEach
    void nothingIsLeft() throws InterruptedException {
        cgroup.kill();
        cgroup.remove();
        assertThat(cgroup.directories()).allMatch(d -> !Files.exists(Path.of(d)));
        for (var process : processes) {
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void thereIsNothingOfVersionTwo() {
        assertThat(host.mode()).isEqualTo(CgroupMode.LEGACY);
        assertThat(cgroup.unified()).isEmpty();
        assertThat(cgroup.killFile()).isEmpty();
        assertThat(cgroup.joinFiles()).hasSize(3).allMatch(f -> f.endsWith("/tasks"));
        assertThat(cgroup.stats().memory().max()).isEqualTo(ByteSize.of(64 << 20));
    }

    @Test
    void aFrozenProcessAnswersOnceItIsThawed() throws IOException {
        var process = start("read line; echo \"got $line\"; exec sleep 600");
        cgroup.freeze();
        assertThat(state()).isEqualTo("FROZEN");
        try (var toProcess = process.outputWriter()) {
            toProcess.write("word\n");
        }
        assertThat(process.inputReader().ready()).isFalse();
        cgroup.thaw();
        assertThat(state()).isEqualTo("THAWED");
        assertThat(process.inputReader().readLine()).isEqualTo("got word");
    }

    @Test
    void aWildForkerIsKilledWithAllItsChildren() throws IOException {
        start("f() { sleep 600 & f & }; while :; do f 2>/dev/null; done 2>/dev/null");
        assertThat(CgroupEvents.retry(calls, () -> processesInside() > 15, Duration.ofSeconds(20)))
                .isTrue();
        assertThat(cgroup.populated()).isTrue();
        cgroup.kill();
        assertThat(cgroup.populated()).isFalse();
    }

    @Test
    void aFrozenContainerIsKilledToo() throws IOException {
        start("exec sleep 600");
        cgroup.freeze();
        cgroup.kill();
        assertThat(cgroup.awaitEmpty(Duration.ZERO)).isTrue();
    }

    private long processesInside() {
        var current = cgroup.stats().pids().current();
        return current == null ? 0 : current;
    }

    private String state() throws IOException {
        var freezer = cgroup.paths().get("freezer");
        return Files.readString(Path.of(freezer + "/freezer.state")).strip();
    }

    private Process start(String script) throws IOException {
        var join = new StringBuilder();
        for (var file : cgroup.joinFiles()) {
            join.append("echo 0 > ").append(file).append(" || exit 99; ");
        }
        var process =
                new ProcessBuilder("sh", "-c", join + "echo in; " + script)
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start();
        processes.add(process);
        assertThat(process.inputReader().readLine()).isEqualTo("in");
        return process;
    }
}
