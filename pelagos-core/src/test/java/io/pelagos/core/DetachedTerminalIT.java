package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.spec.Exit;
import io.pelagos.core.testing.ForkedJvm;
import io.pelagos.core.testing.InSandbox;
import io.pelagos.core.testing.Sandbox;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Terminals of containers that outlive the JVM. */
class DetachedTerminalIT extends InSandbox {
    private static final Duration LONG = Duration.ofSeconds(60);

    /** Answers each line with the size of the terminal, until it is told to end. */
    private static final String ANSWERING =
            "stty -echo; tty; while read x; do echo $x: $(stty size); test $x = end && exit 4;"
                    + " done; echo no more; exit 5";

    @AfterEach
    void removeAll() throws InterruptedException {
        sandbox.removeAll();
    }

    private static void type(Terminal terminal, String text) throws Exception {
        terminal.input().write(text.getBytes(StandardCharsets.UTF_8));
    }

    private static BufferedReader shown(Terminal terminal) {
        return new BufferedReader(new InputStreamReader(terminal.output(), StandardCharsets.UTF_8));
    }

    @Test
    void terminalIsTypedIntoAndResizedByWhoeverComes() throws Exception {
        var container = sandbox.sh(ANSWERING).terminal(20, 70).startDetached();
        container.awaitReady(Ready.log("^/dev/pts/0"), LONG);
        assertThat(container.hasTerminal()).isTrue();
        try (var terminal = container.terminal()) {
            var lines = shown(terminal);
            type(terminal, "one\n");
            assertThat(lines.readLine()).isEqualTo("one: 20 70");
            terminal.resize(33, 99);
            // The answer shows the size once the supervisor has been told.
            String answer;
            do {
                type(terminal, "two\n");
                answer = lines.readLine();
            } while (answer.equals("two: 20 70"));
            assertThat(answer).isEqualTo("two: 33 99");
        }
        assertThat(container.isAlive()).isTrue();
        try (var terminal = container.terminal()) {
            var lines = shown(terminal);
            type(terminal, "end\n");
            assertThat(lines.readLine()).isEqualTo("end: 33 99");
            assertThat(lines.readLine()).isNull();
        }
        assertThat(container.waitFor()).isEqualTo(new Exit.Code(4));
        assertThat(container.logs().lines())
                .extracting(LogLine::text)
                .startsWith("/dev/pts/0", "one: 20 70")
                .endsWith("end: 33 99");
    }

    @Test
    void endOfInputIsTypedAsControlD() throws Exception {
        var container = sandbox.sh(ANSWERING).terminal().startDetached();
        container.awaitReady(Ready.log("^/dev/pts/0"), LONG);
        container.stdin().end();
        assertThat(container.waitFor()).isEqualTo(new Exit.Code(5));
    }

    @Test
    void terminalOutlivesItsJvm() throws Exception {
        var inner = directory.resolve("inner");
        try (var jvm = ForkedJvm.start(Leaving.class, inner.toString());
                var lines = jvm.process().inputReader()) {
            assertThat(lines.readLine()).isEqualTo("started");
            jvm.process().destroyForcibly().waitFor();
        }
        try (var pelagos = Sandbox.another(inner)) {
            var found = pelagos.containers().find("left");
            assertThat(found.isAlive()).isTrue();
            try (var input = found.stdin()) {
                input.write("end\n".getBytes(StandardCharsets.UTF_8));
            }
            assertThat(found.waitFor()).isEqualTo(new Exit.Code(4));
            found.remove(false);
        }
    }

    /** Runs in a JVM of its own, which is killed. */
    static final class Leaving {
        public static void main(String[] args) throws Exception {
            var container =
                    Sandbox.in(Path.of(args[0]))
                            .sh(ANSWERING)
                            .terminal()
                            .name("left")
                            .awaitReady(Ready.log("^/dev/pts/0"))
                            .startDetached();
            System.out.println(container.isAlive() ? "started" : "ended");
            Thread.sleep(LONG);
        }
    }

    @Test
    void programThatDoesNotReadIsNotHeldUpByWhatIsTyped() throws Exception {
        var script =
                "stty raw -echo; echo up; while ! test -e /tmp/go; do usleep 1000; done;"
                        + " i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done; exit 6";
        var container = sandbox.sh(script).terminal().startDetached();
        container.awaitReady(Ready.log("^up"), LONG);
        try (var input = container.stdin()) {
            var typing =
                    Thread.ofVirtual()
                            .start(
                                    () -> {
                                        try {
                                            input.write(new byte[1 << 20]);
                                        } catch (java.io.IOException e) {
                                            assertThat(e).isNotNull();
                                        }
                                    });
            assertThat(container.exec("touch", "/tmp/go").run().success()).isTrue();
            assertThat(container.waitFor()).isEqualTo(new Exit.Code(6));
            typing.join();
        }
        assertThat(container.logs().tail(1).lines().getFirst().text()).isEqualTo("line 4999");
    }

    @Test
    void terminalThatIsNotThereIsRefused() {
        var container = sandbox.sh("sleep 1000").startDetached();
        assertThat(container.hasTerminal()).isFalse();
        assertThatThrownBy(container::terminal)
                .isInstanceOf(ContainerStateException.class)
                .hasMessageContaining("has no terminal");
    }
}
