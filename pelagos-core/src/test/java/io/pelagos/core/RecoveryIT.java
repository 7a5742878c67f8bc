package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.ContainerInfo.Status;
import io.pelagos.core.internal.state.ContainerState;
import io.pelagos.core.internal.state.ProcessMark;
import io.pelagos.core.internal.state.StateStore;
import io.pelagos.core.kernel.LinuxKernel;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.Restart;
import io.pelagos.core.testing.ForkedJvm;
import io.pelagos.core.testing.Sandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What JVMs leave that are killed while they start detached containers. */
class RecoveryIT {
    private static final String PROGRAM = "98765";
    private static final int KILLS = 8;

    @TempDir private Path directory;
    private Sandbox sandbox;

    @BeforeEach
    void open() {
        sandbox = Sandbox.in(directory);
    }

    @AfterEach
    void close() throws InterruptedException {
        removeAll(sandbox.pelagos());
        sandbox.close();
    }

    private static void removeAll(Pelagos pelagos) throws InterruptedException {
        for (var info : pelagos.containers().list()) {
            pelagos.containers().find(info.id()).remove(true);
        }
    }

    @Test
    void killedJvmLeavesContainersThatAreWholeOrNone() throws Exception {
        var random = new Random(7);
        for (int i = 0; i < KILLS; i++) {
            var inner = directory.resolve("inner" + i);
            try (var jvm = ForkedJvm.start(Starting.class, inner.toString());
                    var lines = jvm.process().inputReader()) {
                for (int n = random.nextInt(3); n >= 0; n--) {
                    assertThat(lines.readLine()).startsWith("pelagos-");
                }
                // Anywhere within the next start, which takes some milliseconds.
                for (long until = System.nanoTime() + random.nextInt(15_000_000);
                        System.nanoTime() < until; ) {
                    Thread.onSpinWait();
                }
                jvm.process().destroyForcibly().waitFor();
            }
            try (var pelagos = another(inner)) {
                List<String> done = pelagos.recover();
                assertThat(done).noneMatch(line -> line.contains("not"));
                assertThat(pelagos.containers().problems()).isEmpty();
                assertThat(pelagos.containers().list())
                        .isNotEmpty()
                        .allMatch(info -> info.status() == Status.EXITED || info.pid() > 0);
                removeAll(pelagos);
            }
            assertThat(inner.resolve("pelagos/run/containers")).isEmptyDirectory();
            assertThat(processes()).isEmpty();
        }
    }

    private static Pelagos another(Path inner) {
        return Pelagos.open(PelagosPaths.under(inner.resolve("pelagos")), new LinuxKernel());
    }

    private static List<String> processes() throws IOException {
        var found = new ArrayList<String>();
        try (var all = Files.list(Path.of("/proc"))) {
            for (var process : all.toList()) {
                var command = commandOf(process);
                if (command.startsWith("sleep\0" + PROGRAM)) {
                    found.add(process + " " + command);
                }
            }
        }
        return found;
    }

    /** Empty for what is no process, or one that has just ended. */
    private static String commandOf(Path process) {
        try {
            return Files.readString(process.resolve("cmdline"));
        } catch (IOException e) {
            return "";
        }
    }

    /** Runs in a JVM of its own, which is killed. */
    static final class Starting {
        public static void main(String[] args) {
            var inner = Sandbox.in(Path.of(args[0]));
            while (true) {
                System.out.println(inner.command("sleep", PROGRAM).startDetached().name());
            }
        }
    }

    @Test
    void startThatItsJvmDidNotFinishIsTakenBackAndThatOfALivingOneIsNot() {
        var calls = new SystemCalls(new LinuxKernel());
        var store = new StateStore(calls, PelagosPaths.under(directory.resolve("pelagos")));
        var own = ProcessMark.own(calls);
        store.create(starting("mine", own), spec()).close();
        var dead = new ProcessMark(own.bootId(), own.pid(), own.startTime() - 1);
        store.create(starting("dead", dead), spec()).close();

        assertThat(sandbox.pelagos().recover())
                .singleElement()
                .asString()
                .startsWith("dead: the JVM that was starting it has ended");
        assertThat(sandbox.pelagos().containers().list())
                .extracting(ContainerInfo::name)
                .containsExactly("mine");
        store.locked(
                "mine",
                () -> {
                    store.remove("mine");
                    return true;
                });
    }

    private static io.pelagos.core.spec.ContainerSpec spec() {
        return ContainerBuilder.describing(Rootfs.host()).command("true").spec();
    }

    private static ContainerState starting(String name, ProcessMark starter) {
        return ContainerState.starting(
                "0123456789abcdef" + name,
                name,
                spec(),
                new ContainerState.Upkeep(Restart.NO, null, 1 << 20, false),
                starter,
                Instant.now());
    }

    @Test
    void whatIsNotPelagosOwnIsLeftAlone() throws Exception {
        var containers = directory.resolve("pelagos/run/containers");
        sandbox.command("true").startDetached().remove(true);
        Files.createDirectory(containers.resolve("empty"));
        var foreign = Files.createDirectories(containers.resolve("foreign/photos"));
        Files.createSymbolicLink(containers.resolve("link"), directory.resolve("root"));
        var report = sandbox.pelagos().recover();
        assertThat(report).anyMatch(line -> line.contains("link"));
        assertThat(containers.resolve("empty")).doesNotExist();
        assertThat(foreign).isDirectory();
        assertThat(directory.resolve("root/bin")).isDirectory();
        Files.delete(containers.resolve("link"));
    }
}
