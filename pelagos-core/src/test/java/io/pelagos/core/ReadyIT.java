package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.ContainerInfo.Health;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.HealthCheck;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.Stdio;
import io.pelagos.core.testing.InSandbox;
import java.io.ByteArrayOutputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Waiting until a container is ready. */
class ReadyIT extends InSandbox {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final String SERVER =
            "mkdir /tmp/www; echo text > /tmp/www/page; exec httpd -f -p 127.0.0.1:8080 -h"
                    + " /tmp/www";

    @AfterEach
    void removeAll() throws InterruptedException {
        sandbox.removeAll();
    }

    @Test
    void lineMakesReadyAndTheApplicationReadsEverything() throws Exception {
        var script = "echo one; echo two >&2; echo ready to accept; cat; echo end";
        try (var container = sandbox.sh(script).awaitReady(Ready.log("accept$")).start()) {
            container.stdin().close();
            assertThat(container.stdout().text()).isEqualTo("one\nready to accept\nend\n");
            assertThat(container.stderr().text()).isEqualTo("two\n");
            assertThat(container.waitFor()).isEqualTo(new Exit.Code(0));
        }
    }

    @Test
    void containerIsNotHeldUpByOutputThatNobodyReadsYet() throws Exception {
        var script = "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done; echo ready";
        try (var container = sandbox.sh(script).awaitReady(Ready.log("^ready$")).start()) {
            var expected = new ArrayList<String>();
            IntStream.range(0, 20000).forEach(i -> expected.add("line " + i));
            expected.add("ready");
            assertThat(container.stdout().lines()).containsExactlyElementsOf(expected);
            assertThat(container.warnings()).isEmpty();
        }
    }

    @Test
    void whatIsDroppedOfMuchOutputIsAWarning() throws Exception {
        var script = "head -c 9000000 /dev/zero; echo; echo ready; exec sleep 1000";
        try (var container = sandbox.sh(script).awaitReady(Ready.log("^ready$")).start()) {
            assertThat(container.warnings())
                    .singleElement()
                    .asString()
                    .contains("bytes of its output were dropped");
            var kept = container.stdout().readNBytes(1 << 22);
            assertThat(kept).containsOnly(0);
        }
    }

    @Test
    void lineThatCameBeforeIsFoundAndOneThatTheApplicationReadsItself() throws Exception {
        var script = "echo early; read x; echo late $x; read y";
        try (var container = sandbox.sh(script).start()) {
            assertThat(container.awaitReady(Ready.log("early"), LONG)).isSameAs(container);
            var reader = container.stdout().lines().iterator();
            assertThat(reader.next()).isEqualTo("early");
            container.awaitReady(Ready.log("early"), LONG);
            var reading = Thread.ofVirtual().start(() -> reader.next());
            container.stdin().write("word\n".getBytes(StandardCharsets.UTF_8));
            container.awaitReady(Ready.log("late word"), LONG);
            reading.join();
        }
    }

    @Test
    void linesOfAChannelAndOfATerminalAreSeen() throws Exception {
        var bytes = new ByteArrayOutputStream();
        try (var container =
                sandbox.sh("echo ready; read x")
                        .stdout(new Stdio.ToChannel(Channels.newChannel(bytes)))
                        .awaitReady(Ready.log("^ready$"))
                        .start()) {
            container.stdin().close();
            assertThat(container.waitFor().code()).isEqualTo(1);
            ((RunningContainer) container).awaitCopied();
            assertThat(bytes.toString(StandardCharsets.UTF_8)).isEqualTo("ready\n");
        }
        try (var container =
                sandbox.sh("echo ready; echo more; sleep 1000")
                        .terminal()
                        .awaitReady(Ready.log("^ready$"))
                        .start()) {
            var read = container.terminal().output().readNBytes(13);
            assertThat(new String(read, StandardCharsets.UTF_8))
                    .isEqualTo("ready\r\nmore\r\n".substring(0, 13));
        }
    }

    @Test
    void endBeforeIsToldAtOnceWithTheLastLines() {
        var script =
                "i=0; while [ $i -lt 60 ]; do echo line $i; i=$((i+1)); done; printf end; exit 7";
        assertThatThrownBy(() -> sandbox.sh(script).awaitReady(Ready.log("never")).start())
                .isInstanceOfSatisfying(
                        NotReadyException.class,
                        e -> {
                            assertThat(e.exit()).contains(new Exit.Code(7));
                            assertThat(e.lastLines())
                                    .hasSize(50)
                                    .startsWith("line 11")
                                    .endsWith("line 59", "end");
                        })
                .hasMessageContaining("ended with")
                .hasMessageContaining("line 59");
        assertThat(sandbox.pelagos().running()).isEmpty();
    }

    @Test
    void lineWrittenRightBeforeTheEndCounts() throws Exception {
        try (var container =
                sandbox.sh("echo done").awaitReady(Ready.log("done"), Ready.exited()).start()) {
            assertThat(container.stdout().text()).isEqualTo("done\n");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void endIsToldAtOnceWhateverIsWaitedFor(boolean detached) {
        for (var ready : List.of(Ready.port(80), Ready.http(80, "/"), Ready.exited())) {
            var builder = sandbox.sh("echo bad >&2; exit 3").awaitReady(ready);
            assertThatThrownBy(() -> start(builder, detached))
                    .isInstanceOfSatisfying(
                            NotReadyException.class,
                            e -> {
                                assertThat(e.exit()).contains(new Exit.Code(3));
                                assertThat(e.lastLines()).containsExactly("bad");
                            });
        }
        assertThat(sandbox.pelagos().containers().list()).isEmpty();
    }

    private static void start(ContainerBuilder builder, boolean detached) {
        if (detached) {
            assertThat(builder.startDetached()).isNotNull();
        } else {
            builder.start().close();
        }
    }

    @Test
    void timeThatIsUpEndsTheContainer() {
        var builder =
                sandbox.sh("echo up; sleep 1000")
                        .awaitReady(Duration.ofMillis(300), Ready.log("x"));
        assertThatThrownBy(builder::start)
                .isInstanceOfSatisfying(
                        NotReadyException.class,
                        e -> {
                            assertThat(e.exit()).isEmpty();
                            assertThat(e.lastLines()).containsExactly("up");
                        })
                .hasMessageContaining("PT0.3S");
        assertThatThrownBy(
                        () ->
                                sandbox.sh("sleep 1000")
                                        .name("late")
                                        .awaitReady(Duration.ofMillis(300), Ready.port(80))
                                        .startDetached())
                .isInstanceOf(NotReadyException.class);
        assertThat(sandbox.pelagos().containers().list()).isEmpty();
    }

    @Test
    void interruptionEndsTheContainer() throws Exception {
        var failure = new java.util.concurrent.CompletableFuture<Throwable>();
        var thread =
                Thread.ofVirtual()
                        .start(
                                () -> {
                                    try {
                                        sandbox.sh("sleep 1000")
                                                .awaitReady(Ready.log("x"))
                                                .start()
                                                .close();
                                    } catch (NotReadyException e) {
                                        failure.complete(e);
                                        assertThat(Thread.currentThread().isInterrupted()).isTrue();
                                    }
                                });
        thread.interrupt();
        assertThat(failure.join()).hasMessageContaining("interrupted");
        thread.join();
    }

    @Test
    void openPortAndAnswerMakeReady() throws Exception {
        try (var container =
                sandbox.sh(SERVER)
                        .awaitReady(LONG, Ready.port(8080), Ready.http(8080, "/page"))
                        .start()) {
            assertThat(container.isAlive()).isTrue();
            assertThatThrownBy(
                            () ->
                                    container.awaitReady(
                                            Ready.http(8080, "/none"), Duration.ofMillis(100)))
                    .isInstanceOf(NotReadyException.class);
        }
    }

    @Test
    void portOfTheHostsNetworkIsFoundToo() throws Exception {
        int port = 20_000 + new Random().nextInt(10_000);
        var server =
                new ProcessBuilder(
                                "/bin/busybox", "httpd", "-f", "-p", "127.0.0.1:" + port, "-h", "/")
                        .inheritIO()
                        .start();
        try (var container = sandbox.sh("sleep 1000").share(Namespace.NETWORK).start()) {
            container.awaitReady(Ready.port(port), LONG);
            var probe = ((RunningContainer) container).probe();
            assertThat(probe.succeeds(new HealthCheck.Tcp(port), LONG)).isTrue();
        } finally {
            server.destroy();
            server.waitFor();
        }
    }

    @Test
    void healthOfAnAttachedContainerIsChecked() throws Exception {
        var check =
                HealthCheck.command("test", "-e", "/tmp/well")
                        .every(Duration.ofMillis(10), LONG)
                        .retries(2);
        try (var container = sandbox.sh("sleep 1000").healthCheck(check).start()) {
            assertThat(container.health()).isIn(Health.STARTING, Health.UNHEALTHY);
            assertThat(container.exec("touch", "/tmp/well").run().success()).isTrue();
            container.awaitReady(Ready.healthy(), LONG);
            assertThat(container.health()).isEqualTo(Health.HEALTHY);
        }
        try (var container =
                sandbox.sh(SERVER)
                        .healthCheck(
                                HealthCheck.http(8080, "/page").every(Duration.ofMillis(10), LONG))
                        .awaitReady(Ready.healthy())
                        .start()) {
            assertThat(container.health()).isEqualTo(Health.HEALTHY);
        }
    }

    @Test
    void whatCanNeverBeIsRefusedBeforeAnythingIsStarted() {
        assertThatThrownBy(
                        () ->
                                sandbox.sh("true")
                                        .stdout(Stdio.NULL)
                                        .stderr(Stdio.NULL)
                                        .awaitReady(Ready.log("x"))
                                        .start())
                .isInstanceOf(InvalidSpecException.class)
                .hasMessageContaining("awaitReady");
        assertThatThrownBy(() -> sandbox.sh("true").awaitReady(Ready.healthy()).startDetached())
                .isInstanceOf(InvalidSpecException.class)
                .hasMessageContaining("health check");
        assertThatThrownBy(
                        () -> sandbox.sh("true").awaitReady(Duration.ZERO, Ready.port(1)).start())
                .isInstanceOf(InvalidSpecException.class)
                .hasMessageContaining("positive");
        assertThat(sandbox.pelagos().containers().list()).isEmpty();
    }

    @Test
    void detachedContainerIsWaitedForAsWell() throws Exception {
        var container =
                sandbox.sh("echo up; " + SERVER)
                        .awaitReady(LONG, Ready.log("up"), Ready.http(8080, "/page"))
                        .startDetached();
        assertThat(container.isAlive()).isTrue();
    }
}
