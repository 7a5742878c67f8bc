package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.security.Capability;
import io.pelagos.core.security.LandlockRules;
import io.pelagos.core.security.SeccompProfile;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.IdMap;
import io.pelagos.core.spec.MiB;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.Rlimit;
import io.pelagos.core.spec.Signal;
import io.pelagos.core.spec.Stdio;
import io.pelagos.core.testing.InSandbox;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One more process in a running container. */
class ExecIT extends InSandbox {
    private ContainerBuilder sleeping() {
        return sandbox.command("sleep", "1000");
    }

    private static String output(ExecBuilder exec) throws InterruptedException {
        var result = exec.run();
        assertThat(result.exit()).as(result.stderr()).isEqualTo(new Exit.Code(0));
        return result.stdout().strip();
    }

    @Test
    void programIsRunAndItsOutputsAreRead() throws Exception {
        try (var container = sleeping().start()) {
            var result = container.exec("sh", "-c", "echo out; echo err >&2; exit 3").run();
            assertThat(result.exit()).isEqualTo(new Exit.Code(3));
            assertThat(result.stdout()).isEqualTo("out\n");
            assertThat(result.stderr()).isEqualTo("err\n");
            assertThat(result.truncated()).isFalse();
            assertThat(
                            container
                                    .exec("yes")
                                    .args("a")
                                    .stdout(Stdio.NULL)
                                    .timeout(Duration.ofMillis(1))
                                    .run()
                                    .exit())
                    .isEqualTo(new Exit.TimedOut(Duration.ofMillis(1)));
        }
    }

    @Test
    void closingStandardInputReachesTheProcessAsEndOfFile() throws Exception {
        try (var container = sleeping().start();
                var exec = container.exec("cat").start()) {
            assertThat(exec.command()).containsExactly("cat");
            assertThat(exec.isAlive()).isTrue();
            try (var writer = exec.stdin().writer()) {
                writer.write("one\ntwo\n");
            }
            assertThat(exec.stdout().lines()).containsExactly("one", "two");
            assertThat(exec.waitFor()).isEqualTo(new Exit.Code(0));
            assertThat(exec.onExit()).isCompletedWithValue(new Exit.Code(0));
            assertThat(exec.isAlive()).isFalse();
            assertThat(exec.signal(Signal.TERM)).isFalse();
        }
    }

    @Test
    void streamsCanLeadElsewhere() throws Exception {
        var file = Files.writeString(directory.resolve("in"), "from a file");
        var bytes = new ByteArrayOutputStream();
        try (var container = sleeping().start();
                var exec =
                        container
                                .exec("sh", "-c", "cat; echo oops >&2")
                                .stdin(Stdio.file(file))
                                .stdout(Stdio.file(directory.resolve("out")))
                                .stderr(new Stdio.ToChannel(Channels.newChannel(bytes)))
                                .start()) {
            assertThat(exec.waitFor().success()).isTrue();
            assertThat(directory.resolve("out")).hasContent("from a file");
            assertThatThrownBy(exec::stdout).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(exec::stderr).isInstanceOf(IllegalStateException.class);
        }
        assertThatThrownBy(
                        () -> {
                            try (var container = sleeping().start()) {
                                container
                                        .exec("cat")
                                        .stdin(new Stdio.ToChannel(Channels.newChannel(bytes)))
                                        .start();
                            }
                        })
                .isInstanceOf(InvalidSpecException.class)
                .hasMessageStartingWith("stdin");
    }

    @Test
    void processIsInEveryNamespaceOfTheContainer() throws Exception {
        try (var container = sleeping().create(Namespace.TIME).start()) {
            var script = "cd /proc/$1/ns; for n in *; do echo $n $(readlink $n); done";
            var own = output(container.exec("sh", "-c", script, "sh", "self")).lines().toList();
            var first = output(container.exec("sh", "-c", script, "sh", "1")).lines().toList();
            assertThat(own).isEqualTo(first).hasSizeGreaterThan(7);
            assertThat(output(container.exec("ps", "-o", "args")))
                    .contains("sleep 1000")
                    .doesNotContain("java");
        }
    }

    @Test
    void processIsInTheCgroupsOfTheContainer() throws Exception {
        try (var container = sleeping().memory(MiB.of(64)).pids(32).start();
                var exec = container.exec("sleep", "1000").start()) {
            assertThat(Files.readString(Path.of("/proc/" + exec.pid() + "/cgroup")))
                    .isEqualTo(Files.readString(Path.of("/proc/" + container.pid() + "/cgroup")));
            assertThat(output(container.exec("cat", "/proc/self/cgroup")))
                    .isEqualTo(output(container.exec("cat", "/proc/1/cgroup")));
        }
    }

    @Test
    void limitOfProcessesCountsBoth() throws Exception {
        try (var container = sleeping().pids(8).start()) {
            assertThat(
                            container
                                    .exec("sh", "-c", "for i in $(seq 20); do sleep 1000 & done")
                                    .run()
                                    .stderr())
                    .contains("can't fork");
        }
    }

    @Test
    void processIsConfinedLikeTheFirstOne() throws Exception {
        try (var container =
                sleeping()
                        .capDrop(Capability.CHOWN)
                        .rlimit(Rlimit.NOFILE, 77, 88)
                        .oomScoreAdj(500)
                        .start()) {
            var fields = "^(Cap|NoNewPrivs|Seccomp|Groups|SigIgn|SigBlk|Umask)";
            assertThat(output(container.exec("grep", "-E", fields, "/proc/self/status")))
                    .isEqualTo(output(container.exec("grep", "-E", fields, "/proc/1/status")))
                    .contains("NoNewPrivs:\t1", "Seccomp:\t2");
            assertThat(output(container.exec("cat", "/proc/self/limits")))
                    .isEqualTo(output(container.exec("cat", "/proc/1/limits")));
            assertThat(output(container.exec("cat", "/proc/self/oom_score_adj"))).isEqualTo("500");
            assertThat(container.exec("sh", "-c", "unshare -U true").run().exit().success())
                    .isFalse();
        }
    }

    @Test
    void rulesOfLandlockAndTheFilterOfTheContainerHold() throws Exception {
        sandbox.root().file("data/kept", "kept");
        var rules = LandlockRules.none().execute("/bin").readOnly("/bin").readOnly("/data");
        try (var container = sleeping().landlock(rules).seccomp(SeccompProfile.minimal()).start()) {
            Assumptions.assumeTrue(container.warnings().isEmpty(), "this kernel has no Landlock");
            assertThat(output(container.exec("cat", "/data/kept"))).isEqualTo("kept");
            for (var script : List.of("echo x >/data/kept", "cat /etc/passwd", "ls /")) {
                assertThat(container.exec("sh", "-c", script).run().stderr())
                        .as(script)
                        .contains("ermission denied");
            }
            assertThat(container.exec("cat", "/etc/passwd").privileged().run().stderr())
                    .contains("ermission denied");
            assertThat(container.exec("chroot", "/", "true").run().success()).isFalse();
        }
    }

    @Test
    void detachedContainerIsEntered() throws Exception {
        var container =
                sleeping()
                        .supervision(ContainerSpec.Supervision.DETACHED)
                        .stdin(Stdio.NULL)
                        .stdout(Stdio.NULL)
                        .stderr(Stdio.NULL)
                        .start();
        try (var exec = container.exec("sleep", "1000").start()) {
            assertThat(output(container.exec("hostname"))).isEqualTo(container.name());
            assertThat(Files.readString(Path.of("/proc/" + exec.pid() + "/cgroup")))
                    .isEqualTo(Files.readString(Path.of("/proc/" + container.pid() + "/cgroup")));
            container.kill();
            assertThat(exec.waitFor()).isEqualTo(new Exit.Killed(Signal.KILL, false));
            container.waitFor();
        }
    }

    @Test
    void privilegesAreAddedByExplicitCallsAlone() throws Exception {
        try (var container = sleeping().start()) {
            assertThat(container.exec("true").explain())
                    .contains("giving up new privileges", "filtering system calls");
            assertThat(container.exec("true").privileged().explain())
                    .doesNotContain("giving up new privileges", "filtering system calls")
                    .doesNotContain("dropping CAP_");
            assertThat(container.exec("mount", "-t", "tmpfs", "none", "/tmp").run().success())
                    .isFalse();
            assertThat(
                            container
                                    .exec("mount", "-t", "tmpfs", "none", "/tmp")
                                    .capAdd(Capability.SYS_ADMIN)
                                    .run()
                                    .success())
                    .isTrue();
            assertThat(
                            output(
                                    container
                                            .exec("sh", "-c", "grep CapEff /proc/self/status")
                                            .user("app")
                                            .capAdd(Capability.SYS_TIME)
                                            .ambient(Capability.SYS_TIME)))
                    .isEqualTo("CapEff:\t%016x".formatted(1L << Capability.SYS_TIME.number()));
        }
    }

    @Test
    void environmentDirectoryAndUserAreTheContainersUnlessSet() throws Exception {
        try (var container =
                sleeping().env("COLOUR", "blue").cwd("/tmp").user("app").groups("web").start()) {
            var script = "echo $COLOUR $SIZE $HOME; pwd; id -u; id -G";
            assertThat(output(container.exec("sh", "-c", script).env("SIZE", "xl")).lines())
                    .containsExactly("blue xl /home/app", "/tmp", "1000", "1000 33");
            assertThat(
                            output(
                                            container
                                                    .exec("sh", "-c", script)
                                                    .user("nobody")
                                                    .env("COLOUR", "red")
                                                    .cwd("/home")
                                                    .groups("web"))
                                    .lines())
                    .containsExactly("red /", "/home", "65534", "65534 33");
            assertThat(output(container.exec("id", "-u").user(7, 8))).isEqualTo("7");
            assertThat(output(container.exec("sh", "-c", "echo $HOME").user("root")))
                    .isEqualTo("/root");
        }
    }

    @Test
    void usersAreLookedUpInTheFilesThatTheContainerHasNow() throws Exception {
        try (var container = sleeping().start()) {
            container
                    .exec("sh", "-c", "echo www-data:x:33:33::/var/www:/bin/sh >>/etc/passwd")
                    .run();
            assertThat(output(container.exec("sh", "-c", "id -u; echo $HOME").user("www-data")))
                    .isEqualTo("33\n/var/www");
            assertThatThrownBy(() -> container.exec("id").user("daemon").run())
                    .isInstanceOf(InvalidSpecException.class)
                    .hasMessageContaining("is not in /etc/passwd of the container");
        }
    }

    @Test
    void accountFilesOfARunningContainerCannotHarm() throws Exception {
        try (var container = sleeping().capAdd(Capability.MKNOD).start()) {
            for (var trap :
                    List.of(
                            "mkfifo /etc/passwd",
                            "mkdir /etc/passwd",
                            "mknod /etc/passwd c 1 5",
                            "ln -s /dev/zero /etc/passwd",
                            "ln -s /proc/self/root/etc/passwd /etc/passwd",
                            "ln -s /etc/passwd /etc/passwd",
                            "ln -s /proc/kmsg /etc/passwd",
                            "dd of=/etc/passwd bs=1M seek=1000000 count=0")) {
                var made = container.exec("sh", "-c", "rm -rf /etc/passwd; " + trap).run();
                assertThat(made.success()).as(trap + made.stderr()).isTrue();
                assertThatThrownBy(() -> container.exec("id").user("app").run())
                        .as(trap)
                        .isInstanceOf(InvalidSpecException.class)
                        .hasMessageStartingWith("user");
            }
            // A program that asks for its name would read all of the last trap.
            assertThat(
                            output(
                                    container
                                            .exec("stat", "-c", "%u", "/proc/self/")
                                            .user(7, 8)
                                            .env("HOME", "/")))
                    .isEqualTo("7");
        }
    }

    @Test
    void groupFileOfARunningContainerCannotHarm() throws Exception {
        try (var container = sleeping().start()) {
            for (var trap :
                    List.of(
                            "mkfifo /etc/group",
                            "ln -s /dev/zero /etc/group",
                            "dd of=/etc/group bs=1M seek=1000000 count=0",
                            "yes web:x:4294967295: | head -c 500000 >/etc/group")) {
                container.exec("sh", "-c", "rm -rf /etc/group; " + trap).run();
                assertThatThrownBy(() -> container.exec("true").user(7, 8).groups("web").run())
                        .as(trap)
                        .isInstanceOf(InvalidSpecException.class)
                        .hasMessageStartingWith("user");
            }
        }
    }

    @Test
    void userNamespaceIsEntered() throws Exception {
        var maps = List.of(new IdMap(0, 100_000, 65_536));
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
        try (var container = sleeping().userNamespace(maps, maps).pids(20).start();
                var exec = container.exec("sleep", "1000").user(5, 6).start()) {
            assertThat(output(container.exec("id", "-u"))).isEqualTo("0");
            assertThat(output(container.exec("cat", "/proc/self/uid_map")).split("\\s+"))
                    .containsExactly("0", "100000", "65536");
            assertThat(Files.getAttribute(Path.of("/proc/" + exec.pid()), "unix:uid"))
                    .isEqualTo(100_005);
            assertThat(Files.readString(Path.of("/proc/" + exec.pid() + "/cgroup")))
                    .isEqualTo(Files.readString(Path.of("/proc/" + container.pid() + "/cgroup")));
            assertThat(output(container.exec("readlink", "/proc/self/ns/user")))
                    .isEqualTo(
                            Files.readSymbolicLink(Path.of("/proc/" + container.pid() + "/ns/user"))
                                    .toString());
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Namespace.class,
            names = {"PID", "NETWORK", "IPC", "UTS", "CGROUP"})
    void namespacesOfTheHostStayWhatTheyAre(Namespace shared) throws Exception {
        try (var container = sleeping().share(shared).start()) {
            assertThat(output(container.exec("readlink", "/proc/self/ns/" + shared.procName())))
                    .isEqualTo(
                            Files.readSymbolicLink(Path.of("/proc/self/ns/" + shared.procName()))
                                    .toString());
        }
    }

    @Test
    void programThatIsMissingIsReported() throws Exception {
        try (var container = sleeping().start()) {
            assertThatThrownBy(() -> container.exec("no-such").run())
                    .isInstanceOfSatisfying(
                            CommandException.class,
                            e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));
            assertThatThrownBy(() -> container.exec("/etc/passwd").run())
                    .isInstanceOfSatisfying(
                            CommandException.class, e -> assertThat(e.shellCode()).isEqualTo(126));
            assertThatThrownBy(() -> container.exec("pwd").cwd("/no/such").run())
                    .isInstanceOf(SyscallFailedException.class)
                    .hasMessageContaining("entering the working directory /no/such")
                    .hasMessageContaining("ENOENT");
            assertThat(sandbox.root().resolve("no")).doesNotExist();
        }
    }

    @Test
    void wrongOptionsAreRefusedBeforeAnythingIsTouched() throws Exception {
        try (var container = sleeping().start()) {
            List<Supplier<ExecBuilder>> wrong =
                    List.of(
                            container::exec,
                            () -> container.exec(""),
                            () -> container.exec("a\0b"),
                            () -> container.exec("true").env("A=B", "c"),
                            () -> container.exec("true").cwd("relative"),
                            () -> container.exec("true").user(""),
                            () -> container.exec("true").user(-1, 0),
                            () -> container.exec("true").groups("a:b"),
                            () -> container.exec("true").timeout(Duration.ZERO),
                            () -> container.exec("true").ambient(Capability.SYS_BOOT));
            for (var exec : wrong) {
                assertThatThrownBy(() -> exec.get().start())
                        .isInstanceOf(InvalidSpecException.class);
            }
        }
    }

    @Test
    void signalsReachTheProcess() throws Exception {
        try (var container = sleeping().start();
                var exec =
                        container
                                .exec(
                                        "sh",
                                        "-c",
                                        "trap 'exit 9' USR1; echo ready; while :; do read x; done")
                                .start()) {
            assertThat(exec.stdout().read()).isEqualTo('r');
            assertThat(exec.signal(Signal.parse("USR1"))).isTrue();
            assertThat(exec.waitFor()).isEqualTo(new Exit.Code(9));
            try (var other = container.exec("sleep", "1000").start()) {
                assertThat(other.waitFor(Duration.ofMillis(1))).isEmpty();
                other.kill();
                assertThat(other.waitFor()).isEqualTo(new Exit.Killed(Signal.KILL, false));
            }
            assertThat(container.isAlive()).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Namespace.class,
            names = {"PID", "UTS"})
    void processEndsWithTheContainer(Namespace shared) throws Exception {
        try (var container = sleeping().share(shared).start();
                var exec = container.exec("sleep", "1000").start()) {
            container.kill();
            assertThat(container.waitFor()).isEqualTo(new Exit.Killed(Signal.KILL, false));
            assertThat(exec.waitFor()).isEqualTo(new Exit.Killed(Signal.KILL, false));
            assertThatThrownBy(() -> container.exec("true").start())
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("has ended");
        }
    }

    @Test
    void closingTheContainerLeavesNothingOfItsProcesses() throws Exception {
        var container = sleeping().start();
        var execs =
                IntStream.range(0, 5)
                        .mapToObj(i -> container.exec("sleep", "1000").start())
                        .toList();
        container.close();
        assertThat(execs).allMatch(e -> !e.isAlive());
        execs.forEach(Exec::close);
    }

    @Test
    void processThatIsLeftBehindEndsWithTheContainer() throws Exception {
        try (var container = sleeping().start()) {
            // It keeps standard output open, which nobody waits for.
            var left = output(container.exec("sh", "-c", "sleep 1000 & echo $!"));
            assertThat(output(container.exec("cat", "/proc/" + left + "/comm"))).isEqualTo("sleep");
        }
    }

    @Test
    void pausedContainerTakesNoProcess() throws Exception {
        try (var container = sleeping().start()) {
            container.pause();
            assertThatThrownBy(() -> container.exec("true").start())
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("paused");
            container.resume();
            assertThat(container.exec("true").run().success()).isTrue();
        }
    }

    @Test
    void memoryOfTheContainerIsTheProcessesToo() throws Exception {
        try (var container = sleeping().memory(MiB.of(32)).start()) {
            var result =
                    container
                            .exec("sh", "-c", "dd if=/dev/zero of=/dev/null bs=256M count=1")
                            .run();
            assertThat(result.success()).isFalse();
            assertThat(container.isAlive()).isTrue();
            assertThat(
                            container
                                    .exec(
                                            "dd",
                                            "if=/dev/zero",
                                            "of=/dev/null",
                                            "bs=256M",
                                            "count=1")
                                    .run()
                                    .exit())
                    .isInstanceOf(Exit.OutOfMemory.class);
        }
    }

    private static List<Callable<String>> manyTasks(Container container) {
        var tasks = new ArrayList<Callable<String>>();
        for (int i = 0; i < 200; i++) {
            var text = "number " + i;
            tasks.add(() -> output(container.exec("echo", text)));
        }
        return tasks;
    }

    private static void assertAllRun(ExecutorService executor, Container container)
            throws Exception {
        try (executor) {
            var results = new ArrayList<String>();
            for (Future<String> future : executor.invokeAll(manyTasks(container))) {
                results.add(future.get());
            }
            assertThat(results)
                    .isEqualTo(IntStream.range(0, 200).mapToObj(i -> "number " + i).toList());
        }
    }

    @Test
    void twoHundredProcessesAreStartedFromSixteenThreads() throws Exception {
        try (var container = sleeping().pids(500).start()) {
            assertAllRun(Executors.newFixedThreadPool(16), container);
        }
    }

    @Test
    void twoHundredProcessesAreStartedFromVirtualThreads() throws Exception {
        try (var container = sleeping().start()) {
            assertAllRun(Executors.newVirtualThreadPerTaskExecutor(), container);
        }
    }

    @Test
    void twoHundredProcessesRunAtTheSameTime() throws Exception {
        try (var container = sleeping().start()) {
            var execs = new ArrayList<Exec>();
            for (int i = 0; i < 200; i++) {
                execs.add(container.exec("cat").start());
            }
            assertThat(execs).allMatch(Exec::isAlive);
            for (var exec : execs) {
                exec.stdin().close();
            }
            for (var exec : execs) {
                assertThat(exec.waitFor()).isEqualTo(new Exit.Code(0));
                exec.close();
            }
        }
    }

    @Test
    void startsThatMeetTheEndOfTheContainerSayThatItHasEnded() throws Exception {
        for (int round = 0; round < 20; round++) {
            try (var container = sleeping().start();
                    var executor = Executors.newVirtualThreadPerTaskExecutor()) {
                var starts = new ArrayList<Future<?>>();
                for (int i = 0; i < 8; i++) {
                    starts.add(executor.submit(() -> execUntilTheEnd(container)));
                }
                container.exec("true").run();
                container.kill();
                for (var start : starts) {
                    assertThat(start.get()).isNull();
                }
            }
        }
    }

    private static void execUntilTheEnd(Container container) {
        while (true) {
            try (var exec = container.exec("true").start()) {
                assertThat(exec.waitFor().code()).isIn(0, 137);
            } catch (IllegalStateException e) {
                assertThat(e).hasMessageContaining("has ended");
                return;
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    @Test
    void planIsPrinted() throws Exception {
        try (var container = sleeping().start()) {
            assertThat(container.exec("redis-cli", "info").explain())
                    .contains("entering the namespaces of the container", "setns(5, CLONE_NEWPID|")
                    .contains("executing redis-cli");
        }
    }

    @Test
    void recordingShowsTheProcess() throws Exception {
        var file = directory.resolve("recording.jfr");
        try (var container = sleeping().name("recorded").start();
                var recording = new Recording()) {
            recording.enable("io.pelagos.Exec");
            recording.start();
            container.exec("true").run();
            recording.stop();
            recording.dump(file);
        }
        var event =
                RecordingFile.readAllEvents(file).stream()
                        .filter(e -> e.getEventType().getName().equals("io.pelagos.Exec"))
                        .findFirst()
                        .orElseThrow();
        assertThat(event.getString("container")).isEqualTo("recorded");
        assertThat(event.getString("program")).isEqualTo("true");
        assertThat(event.getDuration("launch")).isPositive();
    }

    @Test
    void failureToStartClosesEverything() throws IOException {
        try (var container = sleeping().start()) {
            for (int i = 0; i < 20; i++) {
                assertThatThrownBy(() -> container.exec("no-such").start())
                        .isInstanceOf(CommandException.class);
            }
        }
    }
}
