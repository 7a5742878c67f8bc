package io.pelagos.core;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.pelagos.core.spec.Change;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.FileEntry;
import io.pelagos.core.spec.FileMode;
import io.pelagos.core.spec.FileSink;
import io.pelagos.core.spec.IdMap;
import io.pelagos.core.spec.Owner;
import io.pelagos.core.testing.InSandbox;
import io.pelagos.core.testing.Sandbox;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The files of detached containers, as somebody sees them who has not started them. */
class DetachedFilesIT extends InSandbox {
    private static final Duration LONG = Duration.ofSeconds(60);

    private Pelagos other;

    @BeforeEach
    void open() {
        other = Sandbox.another(directory);
    }

    @AfterEach
    void close() throws InterruptedException {
        Sandbox.removeAll(other);
        other.close();
    }

    private Rootfs.Layers layers() {
        return Rootfs.layers(List.of(sandbox.root().path()));
    }

    private Rootfs.Layers kept() {
        return layers().keepingChanges(directory.resolve("kept"));
    }

    /** Starts a container that does something, and finds it as another JVM would. */
    private DetachedContainer after(Rootfs root, String script) throws InterruptedException {
        var builder = sandbox.sh(root, script + "\necho ready; sleep 1000");
        var started = builder.startDetached().awaitReady(Ready.log("ready"), LONG);
        return other.containers().find(started.id());
    }

    private static List<String> texts(List<Change> changes) {
        return changes.stream().map(Change::toString).toList();
    }

    @Test
    void changesAreToldWhileItRuns() throws Exception {
        var container = after(layers(), "echo x > /new; rm /etc/group; chmod 700 /home");
        assertThat(texts(container.diff()))
                .containsExactlyInAnyOrder("A /new", "D /etc/group", "C /home");
        var inMemory = after(layers().inMemory(), "echo x > /only");
        assertThat(texts(inMemory.diff())).containsExactly("A /only");
    }

    @Test
    void keptChangesAreToldAndReachedWhenItHasEnded() throws Exception {
        var container = after(kept(), "echo x > /new");
        container.stop(Duration.ZERO);
        assertThat(texts(container.diff())).containsExactly("A /new");
        container.copyOut("/new", directory.resolve("out"));
        assertThat(directory.resolve("out")).hasContent("x\n");
        container.copyIn(directory.resolve("out"), "/put", Owner.of(3, 4));
        assertThat(Files.readString(container.path("/put"))).isEqualTo("x\n");
        container.commit(directory.resolve("layer"));
        assertThat(directory.resolve("layer/put")).hasContent("x\n");
        try (var snapshot = container.snapshot()) {
            assertThat(snapshot.fork().command("cat", "/put", "/etc/group").run().stdout())
                    .startsWith("x\nroot:");
        }
    }

    @Test
    void anotherStartFindsKeptChangesAgain() throws Exception {
        var script = "cat /count 2>/dev/null; echo x >> /count; rm -f /etc/group; ls /etc";
        var container = sandbox.sh(kept(), script).startDetached();
        assertThat(container.waitFor()).isEqualTo(new Exit.Code(0));
        assertThat(container.logs().lines().stream().map(Object::toString))
                .containsExactly("passwd");
        var found = other.containers().find(container.id());
        found.start();
        assertThat(found.waitFor()).isEqualTo(new Exit.Code(0));
        assertThat(found.logs().lines().stream().map(Object::toString))
                .containsExactly("x", "passwd");
        assertThat(directory.resolve("kept/upper/count")).hasContent("x\nx\n");
    }

    @Test
    void otherChangesAreGoneWithIt() throws Exception {
        var container = after(layers(), "echo x > /new");
        container.stop(Duration.ZERO);
        assertThatThrownBy(container::diff)
                .isInstanceOf(ContainerStateException.class)
                .hasMessageContaining("not running")
                .hasMessageContaining("keep the changes");
        assertThatThrownBy(() -> container.copyOut("/new", directory.resolve("out")))
                .isInstanceOf(ContainerStateException.class);
        assertThatThrownBy(container::snapshot).isInstanceOf(ContainerStateException.class);
        assertThat(directory.resolve("out")).doesNotExist();
    }

    @Test
    void aRootWithoutLayersHasNoDifference() throws Exception {
        var container = after(sandbox.root().rootfs(), "true");
        assertThatThrownBy(container::diff)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("Rootfs.layers");
    }

    @Test
    void itGoesOnAfterACommitAndASnapshot() throws Exception {
        var container = after(layers(), "echo warm > /word");
        container.commit(directory.resolve("layer"));
        assertThat(directory.resolve("layer/word")).hasContent("warm\n");
        try (var fork = container.fork().command("cat", "/word").start()) {
            assertThat(fork.stdout().text()).isEqualTo("warm\n");
        }
        assertThat(container.exec("echo", "alive").run().stdout()).isEqualTo("alive\n");
        assertThatThrownBy(() -> container.commit(directory.resolve("layer")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("exists already");
        assertThat(container.exec("echo", "alive").run().stdout()).isEqualTo("alive\n");
    }

    @Test
    void onePausedStaysPaused() throws Exception {
        var container = after(layers(), "echo x > /x");
        container.pause();
        container.snapshot().close();
        assertThatThrownBy(() -> container.exec("true").run())
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("paused");
        container.resume();
        assertThat(container.exec("true").run().success()).isTrue();
    }

    /** What a commit gives, with somebody who looks at the container meanwhile. */
    private interface Watch extends FileSink {
        void look() throws IOException;

        @Override
        default void add(FileEntry entry, InputStream contents) throws IOException {
            look();
        }

        @Override
        default void close() {}
    }

    /** One that is done first must not let it go on while the other still reads. */
    @Test
    void twoCommitsAtOnceBothSeeItStandStill() throws Exception {
        var container = after(layers(), "echo x > /x");
        var again = sandbox.pelagos().containers().find(container.id());
        var first = new CountDownLatch(1);
        var done = new CountDownLatch(1);
        var refusals = new ConcurrentLinkedQueue<String>();
        Watch slow =
                () -> {
                    first.countDown();
                    refusals.add(refusal(container));
                };
        // Without a lock it would begin before the first is done, and read on behind it.
        Watch behind =
                () -> {
                    await(done);
                    refusals.add(refusal(again));
                };
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var one =
                    threads.submit(
                            () -> {
                                container.commit(slow);
                                done.countDown();
                            });
            first.await();
            var two = threads.submit(() -> again.commit(behind));
            one.get();
            two.get();
        }
        assertThat(refusals).hasSize(4).allMatch(refusal -> refusal.contains("paused"));
        assertThat(container.exec("true").run().success()).isTrue();
    }

    private static void await(CountDownLatch latch) throws InterruptedIOException {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new InterruptedIOException();
        }
    }

    private static String refusal(DetachedContainer container) {
        return String.valueOf(catchThrowable(() -> container.exec("true").run()));
    }

    /** Whoever had frozen it for a commit has been killed before it could let it go on. */
    @Test
    void oneThatADeadJvmHasFrozenGoesOn() throws Exception {
        var container = after(layers(), "echo x > /x");
        frozenByTheDead(container);
        assertThat(other.recover())
                .containsExactly(
                        container.name() + ": the JVM that had frozen it has ended; it goes on");
        assertThat(container.exec("true").run().success()).isTrue();
        assertThat(other.recover()).isEmpty();

        frozenByTheDead(container);
        container.commit(directory.resolve("layer"));
        assertThat(container.exec("true").run().success()).isTrue();
    }

    private void frozenByTheDead(DetachedContainer container) throws IOException {
        container.pause();
        mark(container);
    }

    private void mark(DetachedContainer container) throws IOException {
        Files.writeString(freezeLock(container), "1");
    }

    private Path freezeLock(DetachedContainer container) {
        var paths = sandbox.pelagos().paths().containers();
        return paths.containerDir(container.name()).resolve("freeze.lock");
    }

    /** Whoever died before it had frozen it, or after it had let it go on, leaves the note too. */
    @Test
    void aNoteOfTheDeadDoesNotStandForStandingStill() throws Exception {
        var container = after(kept(), "echo x > /x");
        mark(container);
        assertStandsStill(container);

        mark(container);
        container.stop(Duration.ZERO);
        container.start();
        container.awaitReady(Ready.log("ready"), LONG);
        assertStandsStill(container);
    }

    private static void assertStandsStill(DetachedContainer container) throws Exception {
        var refusals = new ArrayList<String>();
        Watch watch = () -> refusals.add(refusal(container));
        container.commit(watch);
        assertThat(refusals).isNotEmpty().allMatch(refusal -> refusal.contains("paused"));
        assertThat(container.exec("true").run().success()).isTrue();
    }

    @Test
    void whoCopiesItsFilesCannotFreezeItMeanwhile() throws Exception {
        var container = after(layers(), "echo x > /x");
        Watch watch =
                () ->
                        assertThatThrownBy(container::pause)
                                .isInstanceOf(IllegalStateException.class)
                                .hasMessageContaining("copied by this thread");
        container.commit(watch);
        assertThat(container.exec("true").run().success()).isTrue();
    }

    @Test
    void aPipeInThePlaceOfTheLockHoldsNobodyUp() throws Exception {
        var container = after(layers(), "echo x > /x");
        var made = new ProcessBuilder("mkfifo", freezeLock(container).toString()).start();
        assertThat(made.waitFor()).isZero();
        assertThat(other.recover())
                .singleElement()
                .asString()
                .contains(container.name(), "freeze.lock");
        assertThatThrownBy(container::pause).hasMessageContaining("freeze.lock");
        Files.delete(freezeLock(container));
        container.pause();
        container.resume();
    }

    @Test
    void treesGoInAndOut() throws Exception {
        var container = after(layers(), "true");
        try (var sink = container.copyInto("/srv/tree", Owner.of(5, 6))) {
            sink.add(
                    new FileEntry(
                            "file",
                            FileEntry.Type.FILE,
                            new FileMode(0604),
                            0,
                            0,
                            3,
                            Instant.EPOCH,
                            "",
                            0,
                            0,
                            Map.of()),
                    new ByteArrayInputStream("abc".getBytes(UTF_8)));
        }
        assertThat(container.exec("stat", "-c", "%u %g %a", "/srv/tree/file").run().stdout())
                .isEqualTo("5 6 604\n");
        var seen = new ArrayList<String>();
        container.copyOut("/srv/tree", new Names(seen));
        assertThat(seen).contains("file");
        assertThat(Files.readString(container.path("/srv/tree/file"))).isEqualTo("abc");
        assertThat(Files.exists(container.path("/srv/none"))).isFalse();
    }

    private record Names(List<String> seen) implements FileSink {
        @Override
        public void add(FileEntry entry, InputStream contents) throws IOException {
            seen.add(entry.path());
        }

        @Override
        public void close() {
            // It holds nothing.
        }
    }

    @Test
    void oneThatEndsAtOnceCanStandOnLayers() throws Exception {
        for (int i = 0; i < 20; i++) {
            var container = sandbox.sh(layers(), "true").startDetached();
            assertThat(container.waitFor()).isEqualTo(new Exit.Code(0));
        }
    }

    @Test
    void copiesBelongToTheUsersOfAUserNamespace() throws Exception {
        var ids = List.of(new IdMap(0, 300_000, 65_536));
        Files.setAttribute(directory, "unix:mode", 0755);
        var source = Files.writeString(directory.resolve("source"), "text");
        try (var container =
                sandbox.sh(layers(), "echo ready; cat").userNamespace(ids, ids).start()) {
            assertThat(container.stdout().read()).isEqualTo('r');
            container.copyIn(source, "/plain");
            container.copyIn(source, "/deep/er/owned", Owner.of(7, 8), FileMode.of("0640"));
            try (var sink = container.copyInto("/tree")) {
                sink.add(
                        new FileEntry(
                                "d",
                                FileEntry.Type.DIRECTORY,
                                new FileMode(0755),
                                0,
                                0,
                                0,
                                Instant.EPOCH,
                                "",
                                0,
                                0,
                                Map.of()),
                        InputStream.nullInputStream());
            }
            assertThat(
                            container
                                    .exec(
                                            "stat",
                                            "-c",
                                            "%u %g %a",
                                            "/plain",
                                            "/deep/er/owned",
                                            "/deep",
                                            "/tree/d")
                                    .run()
                                    .stdout())
                    .isEqualTo("0 0 644\n7 8 640\n7 8 750\n0 0 755\n");
        }
        // The thread that made them has left the rest of the JVM as it was.
        assertThat(Files.getAttribute(Files.createFile(directory.resolve("mine")), "unix:uid"))
                .isEqualTo(0);
    }
}
