package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.Signal;
import io.pelagos.core.testing.InSandbox;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Process 1 that reaps orphans and forwards signals. */
class InitIT extends InSandbox {
    @Test
    void programIsProcessTwoBelowInit() throws Exception {
        var result = sandbox.sh("echo $$ $PPID; cat /proc/1/comm").init().run();
        assertThat(result.stdout()).isEqualTo("2 1\ninit\n");
    }

    @Test
    void codeOfTheProgramIsTheCodeOfTheContainer() throws Exception {
        assertThat(sandbox.sh("exit 42").init().run().exit()).isEqualTo(new Exit.Code(42));
        assertThat(sandbox.command("true").init().run().exit()).isEqualTo(new Exit.Code(0));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 6, 9, 11, 15, 34, 64})
    void deathBySignalBecomesItsCode(int signal) throws Exception {
        var result = sandbox.sh("kill -" + signal + " $$").init().run();
        assertThat(result.exit()).isEqualTo(new Exit.Code(128 + signal));
    }

    @ParameterizedTest
    @ValueSource(strings = {"HUP", "INT", "USR1", "USR2", "TERM", "WINCH", "CONT"})
    void signalsAreForwarded(String name) throws Exception {
        var script = "trap 'exit 5' " + name + "; echo ready; while :; do read x; done";
        try (var container = sandbox.sh(script).init().start()) {
            assertThat((char) container.stdout().read()).isEqualTo('r');
            assertThat(container.signal(Signal.parse(name))).isTrue();
            assertThat(container.waitFor()).isEqualTo(new Exit.Code(5));
        }
    }

    @Test
    void programWithoutHandlersEndsByTheStopSignal() throws Exception {
        // As process 1 it would not: the kernel discards what process 1 has no handler for.
        try (var container = sandbox.command("sleep", "1000").init().start()) {
            assertThat(container.stop(Duration.ofSeconds(60)))
                    .isEqualTo(new Exit.Code(128 + Signal.TERM.number()));
        }
    }

    @Test
    void orphansAreReaped() throws Exception {
        // Each inner shell leaves a child behind; none may stay as a zombie.
        var script =
                "for i in 1 2 3 4 5 6 7 8; do (true & ) ; done;"
                        + " while ps -o stat,args | grep -q '^Z'; do :; done; echo clean";
        var result = sandbox.sh(script).init().timeout(Duration.ofSeconds(60)).run();
        assertThat(result.stdout()).isEqualTo("clean\n");
    }

    @Test
    void orphansEndWithTheProgram() throws Exception {
        var result = sandbox.sh("(sleep 1000 &) ; exit 3").init().run();
        assertThat(result.exit()).isEqualTo(new Exit.Code(3));
        assertThat(ProcessHandle.current().children()).isEmpty();
    }

    @Test
    void missingProgramIsReportedAsWithoutInit() {
        assertThatThrownBy(sandbox.command("no-such-tool").init()::start)
                .isInstanceOfSatisfying(
                        CommandException.class, e -> assertThat(e.shellCode()).isEqualTo(127));
        assertThat(ProcessHandle.current().children()).isEmpty();
    }

    @Test
    void streamsClosedByTheProgramAreClosed() throws Exception {
        try (var container = sandbox.sh("exec >&- 2>&-; exec sleep 1000").init().start()) {
            assertThat(container.stdout().text()).isEmpty();
            assertThat(container.stderr().text()).isEmpty();
            assertThat(container.isAlive()).isTrue();
        }
    }

    @Test
    void initIsConfinedLikeTheProgram() throws Exception {
        var result = sandbox.sh("grep -E 'CapBnd|NoNewPrivs|Seccomp:' /proc/1/status").init().run();
        var own = sandbox.sh("grep -E 'CapBnd|NoNewPrivs|Seccomp:' /proc/1/status").run();
        assertThat(result.stdout()).isEqualTo(own.stdout()).contains("Seccomp:\t2");
    }
}
