package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.kernel.ChildJvm;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.Signal;
import io.pelagos.core.spec.Stdio;
import io.pelagos.core.testing.LeakCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Containers in the foreground, started from a file without native access. */
@ExtendWith(LeakCheck.class)
final class ProcessLauncherIT {
    @TempDir private Path directory;

    @AfterEach
    void noFileIsLeft() throws IOException {
        var launches = paths().launchDir();
        if (Files.exists(launches)) {
            try (var files = Files.list(launches)) {
                assertThat(files).isEmpty();
            }
        }
    }

    private PelagosPaths paths() {
        return PelagosPaths.under(directory.resolve("world"));
    }

    private Path output() {
        return directory.resolve("output");
    }

    private ContainerBuilder container(String... command) {
        return ContainerBuilder.describing(Rootfs.host())
                .command(command)
                .stdin(Stdio.NULL)
                .stdout(new Stdio.ToFile(output(), false))
                .stderr(new Stdio.ToFile(output(), true));
    }

    private Exit run(ContainerBuilder container) throws InterruptedException {
        return ProcessLauncher.of(paths()).run(container.spec());
    }

    @Test
    void theExitCodeIsTheProgramsOwn() throws Exception {
        assertThat(run(container("sh", "-c", "exit 42"))).isEqualTo(new Exit.Code(42));
        assertThat(run(container("true")).success()).isTrue();
    }

    @Test
    void aDeathBySignalIsReportedAsSuch() throws Exception {
        // Process 1 of a namespace cannot signal itself; an access to nothing is forced upon it.
        var program = "import ctypes; ctypes.string_at(0)";
        if (Files.isExecutable(Path.of("/usr/bin/python3"))) {
            assertThat(run(container("/usr/bin/python3", "-c", program)))
                    .isInstanceOfSatisfying(
                            Exit.Killed.class,
                            killed -> assertThat(killed.signal()).isEqualTo(Signal.of(11)));
        }
        assertThat(run(container("sh", "-c", "kill -TERM $$").init()))
                .isEqualTo(new Exit.Code(128 + 15));
    }

    @Test
    void theProgramIsConfinedAndHasNoDescriptorOfTheJvm() throws Exception {
        var script =
                "grep -E 'Seccomp:|NoNewPrivs:|CapBnd:' /proc/self/status; ls -C /proc/$$/fd; true";
        assertThat(run(container("sh", "-c", script)).success()).isTrue();
        assertThat(Files.readString(output()))
                .isEqualTo(
                        """
                        CapBnd:\t00000000800405fb
                        NoNewPrivs:\t1
                        Seccomp:\t2
                        0  1  2
                        """);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(output())))
                .isEqualTo("rw-------");
    }

    @Test
    void aUserIsLookedUpInTheContainersFiles() throws Exception {
        assertThat(run(container("id", "-un").user("nobody")).success()).isTrue();
        assertThat(Files.readString(output())).isEqualTo("nobody\n");
        assertThatThrownBy(() -> run(container("id").user("who-is-that")))
                .isInstanceOf(InvalidSpecException.class)
                .hasMessageContaining("\"who-is-that\"");
    }

    /** See BreakoutIT: what is named here would be the plan that is being carried out. */
    @Test
    void theRuntimesOwnImageCannotBeTheProgram() {
        for (var program : List.of("/proc/self/exe", "/proc/1/exe")) {
            assertThatThrownBy(() -> run(container(program)))
                    .as(program)
                    .isInstanceOfSatisfying(
                            CommandException.class,
                            e -> assertThat(e.errno()).isEqualTo(Errno.EACCES));
        }
    }

    @Test
    void aMissingProgramIsTheSameExceptionAsElsewhere() {
        assertThatThrownBy(() -> run(container("no-such-program")))
                .isInstanceOfSatisfying(
                        CommandException.class,
                        e -> {
                            assertThat(e.errno()).isEqualTo(Errno.ENOENT);
                            assertThat(e.command()).isEqualTo("no-such-program");
                        });
    }

    @Test
    void aFailedStepIsTheSameExceptionAsElsewhere() {
        var root = Rootfs.directory(directory.resolve("nothing"));
        var spec =
                ContainerBuilder.describing(root)
                        .command("true")
                        .stdin(Stdio.NULL)
                        .stdout(Stdio.NULL)
                        .stderr(Stdio.NULL)
                        .spec();
        assertThatThrownBy(() -> ProcessLauncher.of(paths()).run(spec))
                .isInstanceOfSatisfying(
                        SyscallFailedException.class,
                        e -> {
                            assertThat(e.purpose()).isEqualTo("opening the root file system");
                            assertThat(e.errno()).isEqualTo(Errno.ENOENT);
                            assertThat(e.remedy()).contains("nothing");
                        });
    }

    @Test
    void aNamespaceIsEnteredByItsPath() throws Exception {
        var own = Files.readSymbolicLink(Path.of("/proc/self/ns/net")).toString();
        assertThat(
                        run(
                                container("readlink", "/proc/self/ns/net")
                                        .join(Namespace.NETWORK, "/proc/self/ns/net")))
                .isEqualTo(new Exit.Code(0));
        assertThat(Files.readString(output())).isEqualTo(own + "\n");
    }

    @Test
    void aContainerWhoseTimeIsUpIsEnded() throws Exception {
        var limit = Duration.ofMillis(50);
        assertThat(run(container("sleep", "1000").timeout(limit)))
                .isEqualTo(new Exit.TimedOut(limit));
    }

    @Test
    void theHelperRunsFromMemoryThatNobodyCanWriteTo() throws Exception {
        var fifo = fifo();
        var spec =
                container("sh", "-c", "echo up; exec sleep 1000")
                        .stdout(new Stdio.ToFile(fifo, false))
                        .spec();
        var thread =
                Thread.ofPlatform()
                        .start(() -> runUntilInterrupted(ProcessLauncher.of(paths()), spec));
        try (var started = Files.newBufferedReader(fifo)) {
            assertThat(started.readLine()).isEqualTo("up");
            var helpers = ProcessHandle.current().children().toList();
            assertThat(helpers)
                    .singleElement()
                    .satisfies(
                            helper -> {
                                var image = Path.of("/proc/" + helper.pid() + "/exe");
                                assertThat(Files.readSymbolicLink(image).toString())
                                        .startsWith("/memfd:pelagos-launch");
                            });
        } finally {
            thread.interrupt();
            thread.join();
        }
    }

    private static void runUntilInterrupted(ProcessLauncher launcher, ContainerSpec spec) {
        try {
            launcher.run(spec);
        } catch (InterruptedException expected) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aMissingInputIsNamed() {
        var missing = new Stdio.ToFile(directory.resolve("missing"), false);
        assertThatThrownBy(() -> run(container("true").stdin(missing)))
                .isInstanceOf(SyscallFailedException.class)
                .hasMessageContaining("opening standard input")
                .hasMessageContaining("missing")
                .hasMessageContaining("ENOENT");
    }

    @Test
    void anInterruptedThreadEndsTheContainer() throws Exception {
        var thrown = new AtomicReference<Throwable>();
        var fifo = fifo();
        var spec =
                container("sh", "-c", "echo up; exec sleep 1000")
                        .stdout(new Stdio.ToFile(fifo, false))
                        .spec();
        var thread =
                Thread.ofPlatform()
                        .start(
                                () -> {
                                    try {
                                        ProcessLauncher.of(paths()).run(spec);
                                    } catch (Throwable e) {
                                        thrown.set(e);
                                    }
                                });
        try (var started = Files.newBufferedReader(fifo)) {
            assertThat(started.readLine()).isEqualTo("up");
            thread.interrupt();
            assertThat(started.readLine()).as("the end of the container").isNull();
        }
        thread.join();
        assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
    }

    @Test
    void noNativeAccessIsNeeded() throws Exception {
        var run =
                ChildJvm.run(
                        ForegroundMain.class,
                        "--illegal-native-access=deny",
                        "-Dcommand=sh,-c,echo here; exit 7",
                        "-Ddirectory=" + directory.resolve("world"));
        assertThat(run.output()).isEqualTo("here\n");
        assertThat(run.exit()).isEqualTo(7);
    }

    /** What a cold JVM links and generates at first use takes it as long as the start itself. */
    @Test
    void nothingOnTheWayIsLinkedAtFirstUse() throws Exception {
        var log = directory.resolve("classes");
        var run =
                ChildJvm.run(
                        ForegroundMain.class,
                        "-Xlog:class+load:file=" + log,
                        "-Dcommand=true",
                        "-Ddirectory=" + directory.resolve("world"));
        assertThat(run.exit()).isZero();
        assertThat(Files.readAllLines(log))
                .isNotEmpty()
                .noneMatch(line -> line.contains("java.lang.runtime.SwitchBootstraps "))
                .noneMatch(line -> line.contains("java.lang.runtime.ObjectMethods "))
                .noneMatch(line -> line.contains("jdk.internal.foreign.abi.LinkerOptions "));
    }

    /** It has time to end by itself, as long as nobody interrupts once more. */
    @Test
    void anInterruptedThreadAsksTheContainerToEndFirst() throws Exception {
        var fifo = fifo();
        var spec =
                container("sh", "-c", "trap 'echo asked; exit 3' TERM; echo up; sleep 1000 & wait")
                        .stdout(new Stdio.ToFile(fifo, false))
                        .spec();
        var launcher = ProcessLauncher.of(paths()).gracePeriod(Duration.ofMinutes(1));
        var thread = Thread.ofPlatform().start(() -> runUntilInterrupted(launcher, spec));
        try (var started = Files.newBufferedReader(fifo)) {
            assertThat(started.readLine()).isEqualTo("up");
            thread.interrupt();
            assertThat(started.readLine()).isEqualTo("asked");
            assertThat(started.readLine()).isNull();
        }
        thread.join();
    }

    /** One that ignores SIGTERM ends when its time is up. */
    @Test
    void aContainerThatDoesNotEndIsEnded() throws Exception {
        var fifo = fifo();
        var spec =
                container("sh", "-c", "trap '' TERM; echo up; exec sleep 1000")
                        .stdout(new Stdio.ToFile(fifo, false))
                        .spec();
        var launcher = ProcessLauncher.of(paths()).gracePeriod(Duration.ofMillis(50));
        var thread = Thread.ofPlatform().start(() -> runUntilInterrupted(launcher, spec));
        try (var started = Files.newBufferedReader(fifo)) {
            assertThat(started.readLine()).isEqualTo("up");
            thread.interrupt();
            assertThat(started.readLine()).isNull();
        }
        thread.join();
    }

    @Test
    void whatTakesNativeAccessIsToldBefore() {
        assertThat(ProcessLauncher.canRun(container("true").spec())).isTrue();
        assertThat(ProcessLauncher.canRun(container("true").stdin(Stdio.PIPE).spec())).isFalse();
        assertThatThrownBy(() -> ProcessLauncher.of(paths()).gracePeriod(Duration.ofMillis(-1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("gracePeriod PT-0.001S");
    }

    @Test
    void aKilledJvmTakesTheContainerWithIt() throws Exception {
        var fifo = fifo();
        var jvm =
                ChildJvm.start(
                        ForegroundMain.class,
                        "-Dcommand=sh,-c,echo up; sleep 1000 & wait",
                        "-Doutput=" + fifo,
                        "-Ddirectory=" + directory.resolve("world"));
        try (var output = Files.newBufferedReader(fifo)) {
            assertThat(output.readLine()).isEqualTo("up");
            jvm.destroyForcibly();
            // Every process of the container holds the stream: it ends when all have ended.
            assertThat(output.readLine()).isNull();
        }
        assertThat(jvm.waitFor()).isEqualTo(128 + 9);
    }

    private Path fifo() throws IOException, InterruptedException {
        var fifo = directory.resolve("fifo");
        assertThat(new ProcessBuilder("mkfifo", fifo.toString()).start().waitFor()).isZero();
        return fifo;
    }
}
