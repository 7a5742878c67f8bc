package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.kernel.LinuxKernel;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.MiB;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.Signal;
import io.pelagos.core.testing.LeakCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Programs that do what they should not: each ends, and leaves nothing. */
@ExtendWith(LeakCheck.class)
class HostileContainersIT {
    private static final int GET_DUMPABLE = 3;

    @TempDir Path directory;
    private Pelagos pelagos;

    @BeforeEach
    void open() {
        pelagos = Pelagos.open(PelagosPaths.under(directory));
    }

    @AfterEach
    void close() {
        pelagos.close();
    }

    private ContainerBuilder shell(String script) {
        return pelagos.container(Rootfs.host())
                .command("sh", "-c", script)
                .memory(MiB.of(64))
                .pids(32);
    }

    private static void awaitReady(Container container) throws IOException {
        assertThat(container.stdout().read()).isEqualTo('r');
    }

    @Test
    void whatIgnoresTheStopSignalIsKilled() throws Exception {
        try (var container = shell("trap '' TERM; echo r; while :; do sleep 1; done").start()) {
            awaitReady(container);
            assertThat(container.stop(Duration.ofMillis(100)))
                    .isEqualTo(new Exit.Killed(Signal.KILL, false));
        }
    }

    @Test
    void whatForksWildlyEndsWithTheContainer() throws Exception {
        try (var container = shell("f() { f & f & wait; }; echo r; f").start()) {
            awaitReady(container);
            container.kill();
            container.waitFor();
            // It may have met its limit, and given up, before.
            assertThat(container.isAlive()).isFalse();
        }
    }

    @Test
    void whatForksInThePidNamespaceOfTheHostEndsWithTheContainer() throws Exception {
        var script = "for i in 1 2 3 4 5 6; do setsid sleep 600 & done; echo r; wait";
        try (var container = shell(script).share(Namespace.PID).start()) {
            awaitReady(container);
        }
    }

    @Test
    void whatFillsItsPipesWhileNobodyReadsCanBeStopped() throws Exception {
        try (var container = shell("echo r; cat /dev/zero & cat /dev/zero >&2").start()) {
            awaitReady(container);
            assertThat(container.stop(Duration.ZERO)).isInstanceOf(Exit.Killed.class);
        }
    }

    @Test
    void whatClosesItsStreamsEarlyIsWaitedFor() throws Exception {
        try (var container = shell("exec <&- >&- 2>&-; sleep 0.2; exit 5").start()) {
            assertThat(container.stdout().text()).isEmpty();
            assertThat(container.stderr().text()).isEmpty();
            assertThat(container.waitFor()).isEqualTo(new Exit.Code(5));
        }
    }

    @Test
    void whatEndsAtOnceIsStoppedTwiceWithoutHarm() throws Exception {
        try (var container = shell("exit 7").start()) {
            assertThat(container.waitFor()).isEqualTo(new Exit.Code(7));
            assertThat(container.stop(Duration.ZERO)).isEqualTo(new Exit.Code(7));
            assertThat(container.stop(Duration.ofSeconds(1))).isEqualTo(new Exit.Code(7));
            assertThat(container.signal(Signal.TERM)).isFalse();
            container.kill();
        }
    }

    @Test
    void theJvmIsTheSameAfterManyStartsAsBefore() throws Exception {
        assertThat(shell("true").run().success()).isTrue();
        var before = properties();
        for (int i = 0; i < 50; i++) {
            if (i % 5 == 0) {
                try (var container =
                        pelagos.container(Rootfs.host()).command("/no/such/program").start()) {
                    throw new AssertionError(container + " was started");
                } catch (CommandException expected) {
                    assertThat(expected).hasMessageContaining("/no/such/program");
                }
            } else {
                var user = pelagos.container(Rootfs.host()).user(65534, 65534);
                assertThat(user.command("true").run().success()).isTrue();
            }
        }
        assertThat(properties()).isEqualTo(before);
    }

    private static List<Object> properties() throws IOException {
        var self = Path.of("/proc/self");
        var status =
                Files.readAllLines(self.resolve("status")).stream()
                        .filter(
                                line ->
                                        line.matches(
                                                "(Umask|Sig(Blk|Ign|Cgt)|Uid|Gid|Groups|Cap.*"
                                                        + "|NoNewPrivs|Seccomp):.*"))
                        .toList();
        return List.of(
                new LinuxKernel().call(Syscall.PRCTL, GET_DUMPABLE),
                status,
                Files.readSymbolicLink(self.resolve("cwd")),
                System.getenv(),
                Files.readString(self.resolve("limits")),
                Files.readString(self.resolve("cgroup")),
                Files.readSymbolicLink(self.resolve("ns/mnt")));
    }
}
