package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.Stdio;
import io.pelagos.core.testing.InSandbox;
import io.pelagos.core.testing.Sandbox;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The standard input of detached containers. */
class DetachedInputIT extends InSandbox {
    private static final Duration LONG = Duration.ofSeconds(60);

    @AfterEach
    void removeAll() throws InterruptedException {
        sandbox.removeAll();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void type(DetachedContainer container, String text) throws IOException {
        try (var input = container.stdin()) {
            input.write(bytes(text));
        }
    }

    @Test
    void oneJvmAfterAnotherWritesAndTheLastOneEndsIt() throws Exception {
        var started = sandbox.sh("cat; echo end; exit 5").stdin(Stdio.PIPE).startDetached();
        assertThat(started.hasStdin()).isTrue();
        type(started, "one\n");
        started.awaitReady(Ready.log("^one$"), LONG);
        try (var other = Sandbox.another(directory)) {
            var found = other.containers().find(started.id());
            type(found, "two\n");
            found.awaitReady(Ready.log("^two$"), LONG);
            assertThat(found.isAlive()).isTrue();
            var output = new ByteArrayOutputStream();
            var exit =
                    found.attach(
                            new ByteArrayInputStream(bytes("three\n")),
                            output,
                            new ByteArrayOutputStream());
            assertThat(exit).isEqualTo(new Exit.Code(5));
            assertThat(output.toString(StandardCharsets.UTF_8)).isEqualTo("three\nend\n");
        }
        assertThat(started.logs().lines())
                .extracting(LogLine::text)
                .containsExactly("one", "two", "three", "end");
    }

    @Test
    void endThatWasGivenIsTheLast() throws Exception {
        var container =
                sandbox.sh("cat > /tmp/got; echo end; exec sleep 1000")
                        .stdin(Stdio.PIPE)
                        .startDetached();
        try (var first = container.stdin();
                var second = container.stdin()) {
            first.write(bytes("a"));
            second.write(bytes("b"));
            first.end();
            second.write(bytes("c"));
            second.end();
        }
        container.awaitReady(Ready.log("^end$"), LONG);
        assertThat(container.exec("cat", "/tmp/got").run().stdout()).isEqualTo("abc");
        assertThatThrownBy(container::stdin)
                .isInstanceOf(ContainerStateException.class)
                .hasMessageContaining("has come to its end");
    }

    @Test
    void containerThatReadsNothingHoldsUpTheWriterAlone() throws Exception {
        var container = sandbox.sh("echo up; sleep 1000").stdin(Stdio.PIPE).startDetached();
        container.awaitReady(Ready.log("^up$"), LONG);
        try (var input = container.stdin()) {
            var writer =
                    Thread.ofVirtual()
                            .start(
                                    () -> {
                                        try {
                                            input.write(new byte[1 << 20]);
                                        } catch (IOException e) {
                                            // The container is gone before it has read that.
                                            assertThat(e).hasMessageContaining("roken pipe");
                                        }
                                    });
            container.kill();
            assertThat(container.waitFor().code()).isEqualTo(137);
            writer.join();
        }
        assertThatThrownBy(container::stdin)
                .isInstanceOf(ContainerStateException.class)
                .hasMessageContaining("is not running");
    }

    @Test
    void containerThatIsStartedAgainHasANewInput() throws Exception {
        var container = sandbox.sh("read x; echo got $x").stdin(Stdio.PIPE).startDetached();
        for (var word : new String[] {"one", "two"}) {
            type(container, word + "\n");
            assertThat(container.waitFor()).isEqualTo(new Exit.Code(0));
            assertThat(container.logs().lines())
                    .extracting(LogLine::text)
                    .containsExactly("got " + word);
            if (word.equals("one")) {
                container.start();
            }
        }
    }

    @Test
    void containerHasNothingBesideItsReadingEnd() throws Exception {
        var container =
                sandbox.sh("ls /proc/self/fd; readlink /proc/self/fd/0; cat")
                        .stdin(Stdio.PIPE)
                        .startDetached();
        container.awaitReady(Ready.log("^pipe:"), LONG);
        assertThat(container.logs().lines())
                .extracting(LogLine::text)
                .filteredOn(line -> !line.startsWith("pipe:"))
                .containsExactly("0", "1", "2", "3");
        container.stdin().end();
        assertThat(container.waitFor()).isEqualTo(new Exit.Code(0));
    }

    @Test
    void inputThatIsNotKeptOpenIsRefused() {
        var container = sandbox.sh("sleep 1000").startDetached();
        assertThat(container.hasStdin()).isFalse();
        assertThatThrownBy(container::stdin)
                .isInstanceOf(ContainerStateException.class)
                .hasMessageContaining("is not kept open");
    }
}
