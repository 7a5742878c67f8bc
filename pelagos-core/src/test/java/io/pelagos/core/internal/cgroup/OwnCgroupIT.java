package io.pelagos.core.internal.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pelagos.core.Pelagos;
import io.pelagos.core.Rootfs;
import io.pelagos.core.kernel.LinuxKernel;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.ByteSize;
import io.pelagos.core.spec.MiB;
import io.pelagos.core.spec.Resources;
import io.pelagos.core.testing.LeakCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A JVM in a cgroup of version 2 that is not the root: "no internal processes" applies to it. */
@Tag("cgroup")
@ExtendWith(LeakCheck.class)
class OwnCgroupIT {
    /** How much the containers here may have. */
    private static final ByteSize SIZE = ByteSize.of(64 << 20);

    private static final String JVM = "" + ProcessHandle.current().pid();

    @TempDir private Path directory;
    private final SystemCalls calls = new SystemCalls(new LinuxKernel());
    private Path top = Path.of("");
    private Path own = Path.of("");

    @BeforeEach
    void enter() throws IOException {
        var before = CgroupHost.detect(calls);
        assumeTrue(
                before.mode() == CgroupMode.UNIFIED
                        && before.hierarchies().getFirst().own().equals("/")
                        && before.hierarchies().getFirst().controllers().contains("memory"),
                "the JVM is not in the root of a pure cgroup v2 hierarchy");
        top = Path.of(before.hierarchies().getFirst().mountPoint());
        own = Files.createDirectory(top.resolve("pelagos-it-own-" + System.nanoTime()));
        Files.writeString(own.resolve("cgroup.procs"), JVM);
    }

    @AfterEach
    void leave() throws IOException {
        if (Files.exists(own.resolve("cgroup.procs"))) {
            Files.writeString(top.resolve("cgroup.procs"), JVM);
            Files.deleteIfExists(own.resolve(Hierarchy.JVM_LEAF));
            Files.delete(own);
        }
    }

    @Test
    void theOnlyProcessMovesIntoALeafAndStaysThere() throws IOException {
        for (int i = 0; i < 2; i++) {
            var cgroup = CgroupHost.detect(calls).create("pelagos-it-" + i, memory(true));
            assertThat(cgroup.paths()).containsValue(own + "/pelagos-it-" + i);
            assertThat(cgroup.stats().memory().max()).isEqualTo(SIZE);
            assertThat(membership()).endsWith(own.getFileName() + "/" + Hierarchy.JVM_LEAF);
            cgroup.remove();
        }
        assertThat(own.resolve("pelagos-it-0")).doesNotExist();
    }

    @Test
    void theHelperOfAContainerMovesAlong() throws Exception {
        try (var pelagos = Pelagos.open(PelagosPaths.under(directory))) {
            var sh = pelagos.container(Rootfs.host()).command("sh", "-c", "exit 3");
            assertThat(sh.memory(MiB.of(64)).required().run().exit().code()).isEqualTo(3);
        }
        assertThat(membership()).endsWith(own.getFileName() + "/" + Hierarchy.JVM_LEAF);
    }

    @Test
    void besideAnotherProcessTheJvmStaysAndTheLimitIsAWarning() throws Exception {
        var other = sleeper();
        try {
            var host = CgroupHost.detect(calls);
            var cgroup = host.create("pelagos-it-0", memory(false));
            assertThat(cgroup.warnings())
                    .anyMatch(w -> w.contains("memory max") && w.contains("has processes beside"));
            assertThat(membership()).endsWith(own.getFileName().toString());
            // No controller was enabled: else the kernel would let no process in.
            Files.writeString(own.resolve("pelagos-it-0/cgroup.procs"), "" + other.pid());
            cgroup.kill();
            cgroup.remove();
            other.onExit().join();
            other = sleeper();
            assertThatThrownBy(() -> host.create("pelagos-it-1", memory(true)))
                    .isInstanceOf(CgroupException.class)
                    .hasMessageContaining("has processes beside the JVM");
            assertThat(own.resolve("pelagos-it-1")).doesNotExist();
        } finally {
            boolean ignored = other.destroyForcibly();
            other.onExit().join();
        }
    }

    /** One that is no descendant of the JVM: whoever made it has ended. */
    private static ProcessHandle sleeper() throws Exception {
        var shell = new ProcessBuilder("sh", "-c", "sleep 600 >/dev/null & echo $!").start();
        try (var output = shell.inputReader()) {
            var pid = Long.parseLong(output.readLine().strip());
            assertThat(shell.waitFor()).isZero();
            return ProcessHandle.of(pid).orElseThrow();
        }
    }

    private static String membership() throws IOException {
        return Files.readString(Path.of("/proc/self/cgroup")).strip();
    }

    private static Resources memory(boolean required) {
        return new Resources(
                new Resources.Memory(SIZE, null, null, null, null, null, null),
                Resources.Cpu.UNLIMITED,
                null,
                Resources.Io.UNLIMITED,
                Map.of(),
                List.of(),
                Map.of(),
                null,
                required);
    }
}
