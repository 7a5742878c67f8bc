package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.ContainerSpec.Supervision;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.MiB;
import io.pelagos.core.spec.Signal;
import io.pelagos.core.spec.Stdio;
import io.pelagos.core.testing.ForkedJvm;
import io.pelagos.core.testing.InSandbox;
import io.pelagos.core.testing.Sandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A container that survives the JVM which has started it. */
class DetachedIT extends InSandbox {
    private static final int SIGINFO_STATUS = 24;

    @Test
    void containerSurvivesItsJvmAndLeavesItsExitStatusInAFile() throws Exception {
        var inner = directory.resolve("inner");
        int pid;
        try (var jvm = ForkedJvm.start(Starting.class, inner.toString());
                var lines = jvm.process().inputReader()) {
            pid = Integer.parseInt(lines.readLine());
            assertThat(lines.readLine()).isNull();
            assertThat(jvm.process().waitFor()).isZero();
        }
        var container = ProcessHandle.of(pid).orElseThrow();
        var supervisor = container.parent().orElseThrow();
        assertThat(container.isAlive()).isTrue();
        assertThat(supervisor.parent())
                .isNotEqualTo(java.util.Optional.of(ProcessHandle.current()));

        Files.writeString(inner.resolve("root/tmp/go"), "");
        supervisor.onExit().get(60, TimeUnit.SECONDS);
        assertThat(container.isAlive()).isFalse();
        assertThat(inner.resolve("output")).hasContent("going\n");
        var exit =
                PelagosPaths.under(inner.resolve("pelagos"))
                        .containers()
                        .containerDir("survivor")
                        .resolve("exit");
        assertThat(Files.readAllBytes(exit)[SIGINFO_STATUS]).isEqualTo((byte) 23);
        assertThat(cgroupsNamedAfter(Files.readString(inner.resolve("id")))).isEmpty();
    }

    private static List<Path> cgroupsNamedAfter(String id) throws IOException {
        try (var all =
                Files.find(Path.of("/sys/fs/cgroup"), 12, (p, _) -> p.endsWith("pelagos-" + id))) {
            return all.toList();
        }
    }

    /** Runs in a JVM of its own, which ends before its container does. */
    static final class Starting {
        public static void main(String[] args) throws Exception {
            try (var inner = Sandbox.in(Path.of(args[0]))) {
                var container =
                        inner.sh(
                                        "while ! test -e /tmp/go; do usleep 1000; done; echo going;"
                                                + " exit 23")
                                .name("survivor")
                                .supervision(Supervision.DETACHED)
                                .stdin(Stdio.NULL)
                                .stdout(Stdio.file(inner.directory().resolve("output")))
                                .stderr(Stdio.NULL)
                                .start();
                Files.writeString(inner.directory().resolve("id"), container.id());
                container.close();
                System.out.println(container.pid());
            }
        }
    }

    @Test
    void endIsSeenByTheJvmThatStillRuns() throws Exception {
        var container = detached(sandbox.sh("exit 5"));
        assertThat(container.waitFor()).isEqualTo(new Exit.Code(5));
        container.close();
    }

    @Test
    void containerIsStoppedAndKilled() throws Exception {
        var container = detached(sandbox.command("sleep", "1000").init());
        assertThat(container.stop(Duration.ofSeconds(60))).isEqualTo(new Exit.Code(128 + 15));
        var killed = detached(sandbox.command("sleep", "1000"));
        killed.kill();
        assertThat(killed.waitFor()).isEqualTo(new Exit.Killed(Signal.KILL, false));
    }

    @Test
    void endForWantOfMemoryIsReportedAsSuch() throws Exception {
        var container = detached(sandbox.command("tail", "/dev/zero").memory(MiB.of(16)));
        assertThat(container.waitFor())
                .isInstanceOfSatisfying(
                        Exit.OutOfMemory.class, e -> assertThat(e.kills()).isPositive());
        container.close();
    }

    @Test
    void programThatCannotBeExecutedIsReported() {
        assertThatThrownBy(() -> detached(sandbox.command("no-such-tool")))
                .isInstanceOf(CommandException.class);
        assertThat(ProcessHandle.current().children()).isEmpty();
    }

    private static Container detached(ContainerBuilder container) {
        return container
                .supervision(Supervision.DETACHED)
                .stdin(Stdio.NULL)
                .stdout(Stdio.NULL)
                .stderr(Stdio.NULL)
                .start();
    }
}
