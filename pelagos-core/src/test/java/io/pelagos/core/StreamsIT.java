package io.pelagos.core;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.KiB;
import io.pelagos.core.spec.MiB;
import io.pelagos.core.spec.Stdio;
import io.pelagos.core.testing.ForkedJvm;
import io.pelagos.core.testing.InSandbox;
import io.pelagos.core.testing.Sandbox;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Where the standard streams of a container lead. */
class StreamsIT extends InSandbox {
    private static final int MEGABYTES = 10;

    @Test
    void pipesLeadToAndFromTheJvm() throws Exception {
        try (var container = sandbox.sh("cat; echo problem >&2").start()) {
            try (var in = container.stdin().writer()) {
                in.write("grüße\n");
            }
            assertThat(container.stdout().text()).isEqualTo("grüße\n");
            assertThat(container.stderr().text()).isEqualTo("problem\n");
            assertThat(container.waitFor()).isEqualTo(new Exit.Code(0));
        }
    }

    @Test
    void containerFeelsLikeAProcess() throws Exception {
        var container = sandbox.command("sort", "-r").start();
        var exit = new CompletableFuture<Exit>();
        var _ = container.onExit().thenAccept(exit::complete);
        try (var out = container.stdin().writer()) {
            out.write("a\nc\nb\n");
        }
        var lines = new ArrayList<String>();
        Thread.ofVirtual().start(() -> container.stdout().lines().forEach(lines::add)).join();
        assertThat(lines).containsExactly("c", "b", "a");
        assertThat(exit.join()).isEqualTo(new Exit.Code(0));
        assertThat(container.stop(Duration.ofSeconds(10))).isEqualTo(new Exit.Code(0));
        container.close();
    }

    @Test
    void outputIsReadAfterTheEndOfTheContainer() throws Exception {
        try (var container = sandbox.command("echo", "late").start()) {
            assertThat(container.waitFor().success()).isTrue();
            assertThat(container.stdout().text()).isEqualTo("late\n");
        }
    }

    @Test
    void nullHasNothingToReadAndDiscardsWhatIsWritten() throws Exception {
        var container = sandbox.sh("cat && echo x && echo y >&2");
        try (var started =
                container.stdin(Stdio.NULL).stdout(Stdio.NULL).stderr(Stdio.NULL).start()) {
            assertThat(started.waitFor().success()).isTrue();
            assertThatThrownBy(started::stdin).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(started::stdout)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("standard output");
            assertThatThrownBy(started::stderr).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void filesAreReadReplacedAndAppendedTo() throws Exception {
        var in = Files.writeString(directory.resolve("in"), "input\n");
        var out = Files.writeString(directory.resolve("out"), "what was there before\n");
        var log = directory.resolve("log");
        for (int round = 0; round < 2; round++) {
            var result =
                    sandbox.sh("cat; echo problem >&2")
                            .stdin(Stdio.file(in))
                            .stdout(Stdio.file(out))
                            .stderr(Stdio.append(log))
                            .run();
            assertThat(result.success()).isTrue();
            assertThat(result.stdout()).isEmpty();
        }
        assertThat(out).hasContent("input\n");
        assertThat(log).hasContent("problem\nproblem\n");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(log)))
                .isEqualTo("rw-------");
    }

    @Test
    void missingInputFileIsNamedAndNothingIsStarted() {
        var container = sandbox.command("cat").stdin(Stdio.file(directory.resolve("no-input")));
        assertThatThrownBy(container::start)
                .isInstanceOf(SyscallFailedException.class)
                .hasMessageContaining("no-input")
                .hasMessageContaining("ENOENT");
        assertThat(sandbox.pelagos().running()).isEmpty();
    }

    @Test
    void channelsAreCopiedAndLeftOpen() throws Exception {
        var bytes = new ByteArrayOutputStream();
        var errors = new ByteArrayOutputStream();
        var in = Channels.newChannel(new ByteArrayInputStream("b\na\n".getBytes(UTF_8)));
        var out = Channels.newChannel(bytes);
        var result =
                sandbox.sh("sort; echo problem >&2")
                        .stdin(new Stdio.ToChannel(in))
                        .stdout(new Stdio.ToChannel(out))
                        .stderr(new Stdio.ToChannel(Channels.newChannel(errors)))
                        .run();
        assertThat(result.success()).isTrue();
        assertThat(bytes.toString(UTF_8)).isEqualTo("a\nb\n");
        assertThat(errors.toString(UTF_8)).isEqualTo("problem\n");
        assertThat(in.isOpen()).isTrue();
        assertThat(out.isOpen()).isTrue();
    }

    @Test
    void channelOfTheWrongDirectionIsRefusedByItsOption() {
        var in = Channels.newChannel(new ByteArrayInputStream(new byte[0]));
        assertThatThrownBy(sandbox.command("true").stdout(new Stdio.ToChannel(in))::start)
                .isInstanceOfSatisfying(
                        InvalidSpecException.class,
                        e -> assertThat(e.option()).isEqualTo("stdout"));
        var out = Channels.newChannel(new ByteArrayOutputStream());
        assertThatThrownBy(sandbox.command("true").stdin(new Stdio.ToChannel(out))::start)
                .isInstanceOfSatisfying(
                        InvalidSpecException.class, e -> assertThat(e.option()).isEqualTo("stdin"));
    }

    @Test
    void inheritedStreamsAreThoseOfTheJvm() throws Exception {
        var child = ForkedJvm.start(Inheriting.class, directory.resolve("inner").toString());
        try (var in = child.process().outputWriter()) {
            in.write("from the parent\n");
        }
        assertThat(child.output()).isEqualTo("out from the parent\nerr\n");
        assertThat(child.process().waitFor()).isZero();
    }

    /** Runs in a JVM of its own. */
    static final class Inheriting {
        public static void main(String[] args) throws Exception {
            try (var inner = Sandbox.in(Path.of(args[0]))) {
                var result =
                        inner.sh("read line; echo out $line; echo err >&2")
                                .stdin(Stdio.INHERIT)
                                .stdout(Stdio.INHERIT)
                                .stderr(Stdio.INHERIT)
                                .run();
                System.exit(result.exit().code());
            }
        }
    }

    @Test
    void runDrainsBothOutputsAtOnceAndKeepsUpToTheBound() throws Exception {
        var all = sandbox.sh(alternating()).run(MiB.of(2 * MEGABYTES));
        assertThat(all.success()).isTrue();
        assertThat(all.truncated()).isFalse();
        assertThat(all.stdout()).hasSize(MEGABYTES << 20);
        assertThat(all.stderr()).hasSize(MEGABYTES << 20);
        var bounded = sandbox.sh(alternating()).run(KiB.of(64));
        assertThat(bounded.success()).isTrue();
        assertThat(bounded.truncated()).isTrue();
        assertThat(bounded.stdout()).hasSize(64 << 10);
        assertThat(bounded.stderr()).hasSize(64 << 10);
    }

    /**
     * Fills one pipe far beyond its size, then the other, so that reading one after the other
     * hangs.
     */
    private static String alternating() {
        return "for i in 1 2 3 4 5 6 7 8 9 10; do"
                + " head -c 1048576 /dev/zero; head -c 1048576 /dev/zero >&2; done";
    }

    @Test
    void containerWhoseInputIsClosedEarlyIsNotFatalToTheWriter() throws Exception {
        try (var container = sandbox.sh("exec <&-; sleep 1000").start()) {
            var chunk = new byte[1 << 16];
            assertThatThrownBy(
                            () -> {
                                while (true) {
                                    container.stdin().write(chunk);
                                }
                            })
                    .isInstanceOf(java.io.IOException.class);
        }
    }

    /**
     * 10,000 virtual threads, each blocked in a read of the output of a container: a small machine
     * has no room for as many containers, so each of 50 has 100 threads at each of its two outputs.
     * All of them are shown to wait at the same time; then every container writes one byte for each
     * reader.
     */
    @Test
    void tenThousandVirtualThreadsReadOutputWithoutHoldingAThreadOfTheMachine() throws Exception {
        int containers = 50;
        int readers = 100;
        var running = new ArrayList<Container>();
        var reads = new ArrayList<Future<Integer>>();
        var begun = new CountDownLatch(containers * readers * 2);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < containers; i++) {
                var script =
                        "read go; head -c %1$d /dev/zero; head -c %1$d /dev/zero >&2; read end"
                                .formatted(readers);
                var container = sandbox.sh(script).start();
                running.add(container);
                for (var output : List.of(container.stdout(), container.stderr())) {
                    for (int reader = 0; reader < readers; reader++) {
                        reads.add(
                                threads.submit(
                                        () -> {
                                            begun.countDown();
                                            return output.read();
                                        }));
                    }
                }
            }
            begun.await();
            // Other virtual threads still run while all of them wait.
            assertThat(threads.submit(() -> 42).get()).isEqualTo(42);
            assertThat(reads).hasSize(10_000).noneMatch(Future::isDone);
            for (var container : running) {
                container.stdin().write('\n');
            }
            for (var read : reads) {
                assertThat(read.get()).isZero();
            }
        } finally {
            running.forEach(Container::close);
        }
    }

    @Test
    void streamsThatTheContainerClosesEndAtOnce() throws Exception {
        try (var container = sandbox.sh("exec >&- 2>&-; exec sleep 1000").start()) {
            assertThat(container.stdout().text()).isEmpty();
            assertThat(container.stderr().text()).isEmpty();
            assertThat(container.isAlive()).isTrue();
        }
    }
}
