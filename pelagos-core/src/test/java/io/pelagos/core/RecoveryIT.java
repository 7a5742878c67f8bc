package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.pelagos.core.ContainerInfo.Status;
import io.pelagos.core.internal.state.ContainerState;
import io.pelagos.core.internal.state.ProcessMark;
import io.pelagos.core.internal.state.StateStore;
import io.pelagos.core.kernel.LinuxKernel;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.Restart;
import io.pelagos.core.testing.ForkedJvm;
import io.pelagos.core.testing.LeakCheck;
import io.pelagos.core.testing.Sandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What JVMs leave that are killed while they start detached containers. */
@ExtendWith(LeakCheck.class)
class RecoveryIT {
    private static final String PROGRAM = "98765";
    private static final int KILLS = 50;

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
        long seed = new Random().nextLong();
        var random = new Random(seed);
        for (int i = 0; i < KILLS; i++) {
            var inner = directory.resolve("inner" + i);
            try (var jvm = ForkedJvm.start(Starting.class, inner.toString());
                    var lines = jvm.process().inputReader()) {
                for (int n = random.nextInt(8); n >= 0; n--) {
                    assertThat(lines.readLine()).as("seed " + seed).startsWith("pelagos-");
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
        public static void main(String[] args) throws Exception {
            var inner = Sandbox.in(Path.of(args[0]));
            start(inner);
            while (true) {
                var container = start(inner);
                container.restart(Duration.ZERO);
                System.out.println(container.name() + " runs again");
                container.rename("r-" + container.name());
                System.out.println("pelagos-N is " + container.name());
                container.remove(true);
                System.out.println("pelagos-N is removed");
                start(inner);
            }
        }
    }

    private static DetachedContainer start(Sandbox inner) {
        var started = inner.command("sleep", PROGRAM).startDetached();
        System.out.println(started.name());
        return started;
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

    @Test
    void startThatItsJvmDidNotFinishBelowAnotherParentLeavesNoCgroup() throws Exception {
        var calls = new SystemCalls(new LinuxKernel());
        var store = new StateStore(calls, PelagosPaths.under(directory.resolve("pelagos")));
        var own = ProcessMark.own(calls);
        var dead = starting("dead", new ProcessMark(own.bootId(), own.pid(), own.startTime() - 1));
        var name = "pelagos-it-" + System.nanoTime();
        var mount = io.pelagos.core.internal.cgroup.CgroupHost.detect(calls).hierarchies();
        assumeFalse(mount.isEmpty(), "needs a cgroup hierarchy");
        var parent = Files.createDirectory(Path.of(mount.getFirst().mountPoint(), name));
        try {
            var cgroup = Files.createDirectory(parent.resolve("pelagos-" + dead.id()));
            var spec =
                    ContainerBuilder.describing(Rootfs.host()).command("true").cgroupParent(name);
            store.create(dead, spec.spec()).close();
            assertThat(sandbox.pelagos().recover()).hasSize(1);
            assertThat(cgroup).doesNotExist();
        } finally {
            Files.delete(parent);
        }
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
    void startOnceMoreThatItsJvmDidNotFinishLeavesTheContainerAsItWas() throws Exception {
        var container = sandbox.sh("echo text; exit 3").name("old").startDetached();
        assertThat(container.waitFor()).isEqualTo(new Exit.Code(3));
        var calls = new SystemCalls(new LinuxKernel());
        var store = new StateStore(calls, PelagosPaths.under(directory.resolve("pelagos")));
        var own = ProcessMark.own(calls);
        var dead = new ProcessMark(own.bootId(), own.pid(), own.startTime() - 1);
        var before = store.read("old").orElseThrow();
        var _ = store.update("old", state -> state.again(state.id(), dead, Instant.now(), 0));
        assertThat(sandbox.pelagos().recover())
                .singleElement()
                .asString()
                .startsWith("old: the JVM that was starting it again has ended");
        var info = container.inspect();
        assertThat(info.exit()).isEqualTo(new Exit.Code(3));
        assertThat(info.startedAt()).isEqualTo(before.run().startedAt());
        container.start();
        assertThat(container.waitFor()).isEqualTo(new Exit.Code(3));
    }

    @Test
    void stateThatNamesTheCgroupOfSomebodyElseEndsNobody() throws Exception {
        var calls = new SystemCalls(new LinuxKernel());
        var store = new StateStore(calls, PelagosPaths.under(directory.resolve("pelagos")));
        var gone = new ProcessMark("00000000-0000-0000-0000-000000000000", 1, 0);
        var mount = io.pelagos.core.internal.cgroup.CgroupHost.detect(calls).hierarchies();
        assumeFalse(mount.isEmpty(), "needs a cgroup hierarchy");
        var victim = Path.of(mount.getFirst().mountPoint(), "victim-" + System.nanoTime());
        Files.createDirectory(victim);
        try {
            for (var path : List.of(victim.toString(), victim + "/../" + victim.getFileName())) {
                var state =
                        starting("bad", gone).running(gone, gone, java.util.Map.of("x", path), 0);
                store.create(state, spec()).close();
                assertThat(sandbox.pelagos().recover())
                        .anyMatch(line -> line.startsWith("bad: cgroup"));
                assertThat(victim).exists();
                store.locked(
                        "bad",
                        () -> {
                            store.remove("bad");
                            return true;
                        });
            }
        } finally {
            Files.delete(victim);
        }
    }

    @Test
    void attachedContainerWhoseJvmAndSupervisorWereKilledIsRemoved() throws Exception {
        var inner = directory.resolve("attached");
        try (var jvm = ForkedJvm.start(Attached.class, inner.toString());
                var lines = jvm.process().inputReader()) {
            var pid = Integer.parseInt(lines.readLine());
            var supervisor = ProcessHandle.of(pid).orElseThrow().parent().orElseThrow();
            var id = lines.readLine();
            assertThat(sandbox.pelagos().recover()).isEmpty();
            var container = ProcessHandle.of(pid).orElseThrow();
            killBoth(jvm, supervisor);
            assertThat(cgroups(id)).isNotEmpty();
            assertThat(sandbox.pelagos().recover())
                    .anyMatch(line -> line.contains(id) && line.contains("were killed; removed"));
            container.onExit().join();
            assertThat(cgroups(id)).isEmpty();
        }
    }

    @Test
    void whatWasBelowAnotherParentIsFoundByItsRecord() throws Exception {
        var inner = directory.resolve("below");
        var parent = "pelagos-it-" + System.nanoTime() + "/deep";
        try (var jvm = ForkedJvm.start(Attached.class, inner.toString(), parent);
                var lines = jvm.process().inputReader()) {
            var pid = Integer.parseInt(lines.readLine());
            var supervisor = ProcessHandle.of(pid).orElseThrow().parent().orElseThrow();
            var id = lines.readLine();
            try (var pelagos = another(inner)) {
                assertThat(pelagos.recover()).isEmpty();
                assertThat(cgroups(id, "/" + parent)).isNotEmpty();
                killBoth(jvm, supervisor);
                assertThat(sandbox.pelagos().recover()).isEmpty();
                assertThat(cgroups(id, "/" + parent)).isNotEmpty();
                assertThat(pelagos.recover())
                        .singleElement()
                        .asString()
                        .contains(id, "were killed; removed");
                assertThat(cgroups(id, "/" + parent)).isEmpty();
                assertThat(records(inner)).isEmpty();
            }
            assertThat(parents(parent.substring(0, parent.indexOf('/')))).isEmpty();
        }
    }

    @Test
    void whoeverClosesPelagosLeavesNoRecordOfParents() throws Exception {
        var parent = "pelagos-it-" + System.nanoTime();
        var inner = directory.resolve("closed");
        try (var pelagos = another(inner)) {
            for (int i = 0; i < 2; i++) {
                var container = pelagos.container(sandbox.root().rootfs()).command("true");
                assertThat(container.cgroupParent(parent).run().success()).isTrue();
            }
            assertThat(records(inner)).hasSize(1);
        }
        assertThat(records(inner)).isEmpty();
    }

    private static List<String> records(Path inner) throws IOException {
        var paths = PelagosPaths.under(inner.resolve("pelagos"));
        try (var files = Files.list(paths.cgroupParentsDir())) {
            return files.map(Path::toString).toList();
        }
    }

    /** The directories of this name in all hierarchies. */
    private static List<Path> parents(String name) {
        return io.pelagos.core.internal.cgroup.CgroupHost.detect(new SystemCalls(new LinuxKernel()))
                .hierarchies()
                .stream()
                .map(hierarchy -> Path.of(hierarchy.mountPoint(), name))
                .filter(Files::exists)
                .toList();
    }

    private static void killBoth(ForkedJvm jvm, ProcessHandle supervisor) throws Exception {
        var gone = supervisor.onExit();
        // Stopped, so that it cannot do its work between the two.
        assertThat(new ProcessBuilder("kill", "-STOP", "" + supervisor.pid()).start().waitFor())
                .isZero();
        jvm.process().destroyForcibly().waitFor();
        assertThat(supervisor.destroyForcibly()).isTrue();
        gone.join();
    }

    private static List<Path> cgroups(String id) throws IOException {
        return cgroups(id, null);
    }

    private static List<Path> cgroups(String id, @Nullable String parent) throws IOException {
        var host =
                io.pelagos.core.internal.cgroup.CgroupHost.detect(
                        new SystemCalls(new LinuxKernel()));
        return host.find("pelagos-" + id, parent).values().stream()
                .flatMap(paths -> paths.values().stream())
                .map(Path::of)
                .toList();
    }

    /** Runs in a JVM of its own, which is killed together with the supervisor. */
    static final class Attached {
        public static void main(String[] args) throws Exception {
            var inner = Sandbox.in(Path.of(args[0]));
            var builder = inner.command("sleep", PROGRAM).pids(16);
            if (args.length > 1) {
                builder.cgroupParent(args[1]);
            }
            try (var container = builder.start()) {
                System.out.println(container.pid());
                System.out.println(container.id());
                Thread.sleep(Duration.ofHours(1));
            }
        }
    }

    @Test
    void alwaysMeansAlsoAfterSomebodyHasStoppedIt() throws Exception {
        for (var policy : List.of(Restart.ALWAYS, Restart.UNLESS_STOPPED)) {
            var container =
                    sandbox.command("sleep", PROGRAM)
                            .name(policy.toString())
                            .restart(policy)
                            .startDetached();
            assertThat(container.stop(Duration.ZERO).code()).isEqualTo(137);
        }
        try (var later = another(directory)) {
            assertThat(later.containers().list()).allMatch(info -> info.status() == Status.EXITED);
            assertThat(later.recover())
                    .singleElement()
                    .asString()
                    .startsWith("always: started again");
            assertThat(later.containers().find("always").isAlive()).isTrue();
            assertThat(later.containers().find("always").inspect().restarts()).isZero();
            assertThat(later.containers().find("unless-stopped").isAlive()).isFalse();
            removeAll(later);
        }
    }

    @Test
    void containerThatKeepsFailingWaitsBeforeItIsStartedAgain() throws Exception {
        var container = sandbox.sh("exit 1").name("failing").startDetached();
        assertThat(container.waitFor().code()).isEqualTo(1);
        var store =
                new StateStore(
                        new SystemCalls(new LinuxKernel()),
                        PelagosPaths.under(directory.resolve("pelagos")));
        // As if it had failed so often that a minute has to go by.
        var _ =
                store.update(
                        "failing",
                        s ->
                                new ContainerState(
                                        s.id(),
                                        s.name(),
                                        s.rootfs(),
                                        s.command(),
                                        s.labels(),
                                        s.createdAt(),
                                        new ContainerState.Upkeep(
                                                Restart.onFailure(0), null, 1 << 20, false),
                                        s.status(),
                                        s.run(),
                                        s.end(),
                                        s.past(),
                                        s.health(),
                                        20,
                                        false));
        assertThat(sandbox.pelagos().recover())
                .singleElement()
                .asString()
                .contains("failing: has failed 21 times in a row");
        assertThat(container.isAlive()).isFalse();
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
