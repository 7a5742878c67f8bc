package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.ContainerInfo.Status;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.HealthCheck;
import io.pelagos.core.spec.Restart;
import io.pelagos.core.spec.Signal;
import io.pelagos.core.testing.ForkedJvm;
import io.pelagos.core.testing.InSandbox;
import io.pelagos.core.testing.Sandbox;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Detached containers as those who come later see them. */
class DetachedContainersIT extends InSandbox {
    private static final Duration LONG = Duration.ofSeconds(60);

    @AfterEach
    void removeAll() throws InterruptedException {
        sandbox.removeAll();
    }

    private Containers containers() {
        return sandbox.pelagos().containers();
    }

    /** What another JVM with the same locations would see. */
    private Pelagos another() {
        return Sandbox.another(directory);
    }

    @Test
    void containerIsFoundAgainAfterItsJvmWasKilled() throws Exception {
        var inner = directory.resolve("inner");
        try (var jvm = ForkedJvm.start(Dying.class, inner.toString());
                var lines = jvm.process().inputReader()) {
            assertThat(lines.readLine()).isEqualTo("started");
            jvm.process().destroyForcibly().waitFor();
        }
        try (var pelagos = Sandbox.another(inner)) {
            var found = pelagos.containers().find("survivor");
            assertThat(found.inspect().status()).isEqualTo(Status.RUNNING);
            assertThat(found.inspect().labels()).containsEntry("tier", "back");
            Files.writeString(inner.resolve("root/tmp/go"), "");
            var followed = new ArrayList<String>();
            found.logs().follow(line -> followed.add(line.source() + " " + line));
            assertThat(followed)
                    .containsExactly("STDOUT waiting", "STDERR told to go", "STDOUT going");
            assertThat(found.waitFor()).isEqualTo(new Exit.Code(23));
            found.remove(false);
            assertThat(pelagos.containers().list()).isEmpty();
        }
    }

    /** Runs in a JVM of its own, which is killed. */
    static final class Dying {
        public static void main(String[] args) throws Exception {
            var inner = Sandbox.in(Path.of(args[0]));
            var container =
                    inner.sh(
                                    "echo waiting; while ! test -e /tmp/go; do usleep 1000; done;"
                                            + " echo told to go >&2; usleep 50000; echo going;"
                                            + " exit 23")
                            .name("survivor")
                            .label("tier", "back")
                            .startDetached();
            container.awaitReady(Ready.log("wait"), LONG);
            System.out.println("started");
            Thread.sleep(LONG);
        }
    }

    @Test
    void furtherProcessesRunInOneThatAnotherJvmHasStarted() throws Exception {
        var started = sandbox.sh("hostname inside; sleep 1000").hostname("inside").startDetached();
        try (var other = another()) {
            var found = other.containers().find(started.id());
            var result = found.exec("sh", "-c", "hostname; cat; echo $X").env("X", "y").run();
            assertThat(result.stdout()).isEqualTo("inside\ny\n");
            assertThat(found.exec("sh", "-c", "exit 7").run().exit()).isEqualTo(new Exit.Code(7));
            assertThatThrownBy(() -> found.exec("nothing-like-it").run())
                    .isInstanceOf(CommandException.class);
            var lasting = found.exec("sleep", "1000").start();
            found.pause();
            assertThatThrownBy(() -> found.exec("true").run())
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("paused");
            found.resume();
            assertThat(found.stop(Duration.ZERO)).isEqualTo(new Exit.Killed(Signal.KILL, false));
            assertThat(lasting.waitFor()).isEqualTo(new Exit.Killed(Signal.KILL, false));
            assertThatThrownBy(() -> found.exec("true").run())
                    .isInstanceOf(ContainerStateException.class)
                    .hasMessageContaining("not running");
        }
    }

    @Test
    void healthIsWhatAProgramOfTheContainerSays() throws Exception {
        var container =
                sandbox.command("sleep", "1000")
                        .healthCheck(
                                HealthCheck.command("test", "-e", "/tmp/well")
                                        .every(Duration.ofMillis(20), Duration.ofSeconds(10)))
                        .startDetached();
        assertThat(container.exec("touch", "/tmp/well").run().success()).isTrue();
        container.awaitReady(Ready.healthy(), LONG);
        assertThat(container.inspect().health()).isEqualTo(ContainerInfo.Health.HEALTHY);
    }

    @Test
    void containersAreListedAndFiltered() {
        var one = sandbox.command("sleep", "1000").label("app", "a").startDetached();
        var two = sandbox.command("sleep", "1000").name("other").startDetached();
        assertThat(one.name()).isEqualTo("pelagos-1");
        assertThat(containers().list())
                .extracting(ContainerInfo::name)
                .containsExactly("pelagos-1", "other");
        assertThat(containers().list(ContainerFilter.label("app", "a")))
                .extracting(ContainerInfo::id)
                .containsExactly(one.id());
        assertThat(containers().list(ContainerFilter.name("oth")))
                .extracting(ContainerInfo::id)
                .containsExactly(two.id());
        assertThat(containers().list(ContainerFilter.status(Status.EXITED))).isEmpty();
        assertThat(containers().find(two.id().substring(0, 12)).name()).isEqualTo("other");
        assertThatThrownBy(() -> containers().find("nobody"))
                .isInstanceOf(ContainerStateException.class)
                .hasMessageContaining("nobody");
    }

    @Test
    void stoppedContainerStartsAgainWithEverythingItWasMadeWith() throws Exception {
        var container =
                sandbox.sh(
                                "echo $GREETING from $(hostname); trap 'exit 3' TERM; while :; do"
                                        + " sleep 1000 & wait; done")
                        .env("GREETING", "hello")
                        .hostname("there")
                        .pids(50)
                        .name("again")
                        .startDetached();
        container.awaitReady(Ready.log("from there"), LONG);
        assertThat(container.stop(LONG)).isEqualTo(new Exit.Code(3));
        assertThat(container.inspect().stopped()).isTrue();
        try (var other = another()) {
            var found = other.containers().find("again");
            assertThat(found.inspect().exit()).isEqualTo(new Exit.Code(3));
            found.start();
            found.awaitReady(Ready.log("hello from there"), LONG);
            assertThat(found.spec().resources().pids()).isEqualTo(50);
            assertThat(found.logs().lines()).hasSize(1);
            found.restart(LONG);
            found.awaitReady(Ready.log("hello from there"), LONG);
        }
        assertThat(container.isAlive()).isTrue();
    }

    @Test
    void nameOfARunningContainerIsRefusedAndThatOfAnEndedOneIsFree() throws Exception {
        var first = sandbox.command("sleep", "1000").name("one").startDetached();
        assertThatThrownBy(() -> sandbox.command("true").name("one").startDetached())
                .isInstanceOf(ContainerStateException.class);
        first.stop(Duration.ZERO);
        var second = sandbox.command("sleep", "1000").name("one").startDetached();
        assertThat(second.id()).isNotEqualTo(first.id());
        assertThat(containers().list()).hasSize(1);
    }

    @Test
    void runningContainerIsRenamed() throws Exception {
        var container =
                sandbox.sh("while ! test -e /tmp/go; do usleep 1000; done; echo bye; exit 7")
                        .name("before")
                        .startDetached();
        container.rename("after");
        assertThat(containers().list()).extracting(ContainerInfo::name).containsExactly("after");
        Files.writeString(directory.resolve("root/tmp/go"), "");
        assertThat(containers().find("after").waitFor()).isEqualTo(new Exit.Code(7));
        assertThat(container.logs().lines()).extracting(LogLine::text).containsExactly("bye");
    }

    @Test
    void failedStartLeavesNothing() {
        assertThatThrownBy(() -> sandbox.command("no-such-tool").name("x").startDetached())
                .isInstanceOf(CommandException.class);
        assertThat(containers().list()).isEmpty();
        assertThat(directory.resolve("pelagos/run/containers")).isEmptyDirectory();
    }

    @Test
    void logsKeepTheOrderOfBothStreamsWithTimes() throws Exception {
        var before = Instant.now().minusSeconds(1);
        var container =
                sandbox.sh(
                                "for i in 1 2 3; do echo out $i; usleep 20000; echo err $i >&2;"
                                        + " usleep 20000; done; printf end")
                        .startDetached();
        container.waitFor();
        assertThat(container.logs().lines())
                .extracting(LogLine::text)
                .containsExactly("out 1", "err 1", "out 2", "err 2", "out 3", "err 3", "end");
        assertThat(container.logs().lines()).allMatch(line -> line.time().isAfter(before));
        assertThat(container.logs().tail(2).lines())
                .extracting(LogLine::text)
                .containsExactly("err 3", "end");
        var third = container.logs().lines().get(2).time();
        assertThat(container.logs().since(third).lines()).hasSize(5);
        assertThat(container.logs().only(LogLine.Source.STDERR).lines()).hasSize(3);
        var out = directory.resolve("pelagos/run/containers/" + container.name() + "/stdout.log");
        assertThat(out).hasContent("out 1\nout 2\nout 3\nend");
    }

    @Test
    void logsStayWithinTheirBoundAndAreFollowedAcrossIt() throws Exception {
        var container =
                sandbox.sh("i=0; while test $i -lt 3000; do i=$((i+1)); echo line number $i; done")
                        .logBound(io.pelagos.core.spec.ByteSize.of(1 << 13))
                        .startDetached();
        container.waitFor();
        long size = 0;
        try (var files =
                Files.list(directory.resolve("pelagos/run/containers/" + container.name()))) {
            for (var file : files.filter(f -> f.toString().contains(".log")).toList()) {
                size += Files.size(file);
            }
        }
        assertThat(size).isLessThan(2 * ((1 << 13) + (1 << 16)));
        var lines = container.logs().lines();
        assertThat(lines.getLast().text()).isEqualTo("line number 3000");
        assertThat(lines.size()).isBetween(100, 3000);
    }

    @Test
    void attachedStreamsGetWhatIsWrittenFromThenOn() throws Exception {
        var container =
                sandbox.sh(
                                "echo old; while ! test -e /tmp/go; do usleep 1000; done; printf"
                                        + " new; printf bad >&2; exit 4")
                        .startDetached();
        container.awaitReady(Ready.log("old"), LONG);
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        var attached = new LinkedBlockingQueue<Exit>();
        var thread =
                Thread.ofVirtual()
                        .start(
                                () -> {
                                    try {
                                        attached.add(container.attach(out, err));
                                    } catch (Exception e) {
                                        throw new IllegalStateException(e);
                                    }
                                });
        // The reader waits for the first event once it has skipped what is old.
        while (thread.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        Files.writeString(directory.resolve("root/tmp/go"), "");
        assertThat(attached.poll(60, TimeUnit.SECONDS)).isEqualTo(new Exit.Code(4));
        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("new");
        assertThat(err.toString(StandardCharsets.UTF_8)).isEqualTo("bad");
    }

    @Test
    void eventsTellWhatHappens() throws Exception {
        var seen = new LinkedBlockingQueue<String>();
        try (var _ = containers().events(e -> seen.add(e.kind() + " " + e.container().name()))) {
            var container = sandbox.command("sleep", "1000").name("watched").startDetached();
            assertThat(take(seen, 2)).containsExactly("CREATED watched", "STARTED watched");
            container.rename("seen");
            assertThat(take(seen, 1)).containsExactly("RENAMED seen");
            container.stop(Duration.ZERO);
            assertThat(take(seen, 2)).containsExactly("DIED seen", "STOPPED seen");
            container.remove(false);
            assertThat(take(seen, 1)).containsExactly("REMOVED seen");
        }
    }

    private static List<String> take(LinkedBlockingQueue<String> queue, int count)
            throws InterruptedException {
        var taken = new ArrayList<String>();
        while (taken.size() < count) {
            var next = queue.poll(20, TimeUnit.SECONDS);
            assertThat(next).as("after %s", taken).isNotNull();
            taken.add(next);
        }
        return taken;
    }

    @Test
    void endedContainersArePruned() throws Exception {
        var running = sandbox.command("sleep", "1000").name("running").startDetached();
        sandbox.command("true").name("ended").startDetached().waitFor();
        assertThatThrownBy(() -> running.remove(false))
                .isInstanceOf(ContainerStateException.class)
                .hasMessageContaining("running");
        assertThat(containers().prune()).containsExactly("ended");
        assertThat(containers().list()).extracting(ContainerInfo::name).containsExactly("running");
    }

    @Test
    void containerWhoseSupervisorIsKilledIsKnownToHaveEnded() throws Exception {
        var container = sandbox.command("sleep", "1000").name("orphan").startDetached();
        var supervisor = ProcessHandle.of(container.inspect().pid()).orElseThrow().parent();
        supervisor.orElseThrow().destroyForcibly();
        assertThat(container.waitFor()).isEqualTo(new Exit.Killed(Signal.KILL, false));
        assertThat(sandbox.pelagos().recover()).isNotNull();
        assertThat(container.inspect().status()).isEqualTo(Status.EXITED);
    }

    @Test
    void containerIsStartedAgainAfterFailures() throws Exception {
        var seen = new LinkedBlockingQueue<String>();
        try (var _ = containers().events(e -> seen.add(e.kind().toString()))) {
            var container =
                    sandbox.sh("echo again >> /tmp/runs; exit 1")
                            .restart(Restart.onFailure(2))
                            .startDetached();
            assertThat(take(seen, 7))
                    .containsExactly(
                            "CREATED", "STARTED", "DIED", "STARTED", "DIED", "STARTED", "DIED");
            assertThat(container.inspect().restarts()).isEqualTo(2);
            assertThat(directory.resolve("root/tmp/runs")).hasContent("again\nagain\nagain");
        }
    }

    @Test
    void recoveryStartsWhatItsPolicyWantsToRun() throws Exception {
        var inner = directory.resolve("inner");
        try (var jvm = ForkedJvm.start(Keeping.class, inner.toString())) {
            assertThat(jvm.output()).isEqualTo("started\n");
        }
        try (var pelagos = Sandbox.another(inner)) {
            var found = pelagos.containers().find("kept");
            found.kill();
            assertThat(found.waitFor().code()).isEqualTo(137);
            assertThat(pelagos.recover()).anyMatch(line -> line.contains("started again"));
            assertThat(found.isAlive()).isTrue();
            found.remove(true);
        }
    }

    /** Runs in a JVM of its own, which ends. */
    static final class Keeping {
        public static void main(String[] args) {
            try (var inner = Sandbox.in(Path.of(args[0]))) {
                inner.command("sleep", "1000").name("kept").restart(Restart.ALWAYS).startDetached();
            }
            System.out.println("started");
        }
    }

    @Test
    void waitingForReadinessFailsAtOnceWithTheLastLines() {
        var container = sandbox.sh("echo no luck; exit 9").startDetached();
        assertThatThrownBy(() -> container.awaitReady(Ready.log("ready"), LONG))
                .isInstanceOfSatisfying(
                        NotReadyException.class,
                        e -> {
                            assertThat(e.exit()).contains(new Exit.Code(9));
                            assertThat(e.lastLines()).containsExactly("no luck");
                        });
    }

    @Test
    void openPortOfTheNamespaceMakesReady() throws Exception {
        var container = sandbox.sh("nc -l -p 8080").startDetached();
        container.awaitReady(Ready.port(8080), LONG);
        assertThatThrownBy(() -> container.awaitReady(Ready.port(8081), Duration.ofMillis(50)))
                .isInstanceOf(NotReadyException.class);
    }

    @Test
    void healthIsAskedFromInsideTheNamespace() throws Exception {
        var seen = new LinkedBlockingQueue<String>();
        try (var _ =
                containers()
                        .events(
                                e -> {
                                    if (e.kind() == ContainerEvent.Kind.HEALTH) {
                                        seen.add(e.container().health().toString());
                                    }
                                })) {
            var container =
                    sandbox.sh(
                                    "answer() { printf 'HTTP/1.0 200 OK\\r\\n\\r\\nfine'; };"
                                            + " while ! test -e /tmp/ill; do answer | nc -l -p 8080"
                                            + " >/dev/null; done; sleep 1000")
                            .healthCheck(
                                    HealthCheck.http(8080, "/health")
                                            .every(Duration.ofMillis(50), Duration.ofSeconds(10))
                                            .starting(LONG, Duration.ofMillis(50))
                                            .retries(2))
                            .startDetached();
            container.awaitReady(Ready.healthy(), LONG);
            assertThat(take(seen, 1)).containsExactly("HEALTHY");
            Files.writeString(directory.resolve("root/tmp/ill"), "");
            assertThat(take(seen, 1)).containsExactly("UNHEALTHY");
            assertThat(container.inspect().health()).isEqualTo(ContainerInfo.Health.UNHEALTHY);
        }
    }

    @Test
    void containerIsRemovedAtItsEndWhenThatIsWanted() throws Exception {
        var seen = new LinkedBlockingQueue<String>();
        try (var _ = containers().events(e -> seen.add(e.kind().toString()))) {
            sandbox.command("true").removeAtExit().startDetached();
            assertThat(take(seen, 4)).containsExactly("CREATED", "STARTED", "DIED", "REMOVED");
        }
        assertThat(containers().list()).isEmpty();
    }
}
