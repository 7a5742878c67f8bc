package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.security.Capability;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.IdMap;
import io.pelagos.core.spec.Signal;
import io.pelagos.core.spec.Stdio;
import io.pelagos.core.spec.TerminalSize;
import io.pelagos.core.testing.InSandbox;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Programs in containers that have a terminal. */
class TerminalIT extends InSandbox {
    private static final char CONTROL_C = 3;
    private static final char CONTROL_D = 4;

    private ContainerBuilder sleeping() {
        return sandbox.command("sleep", "1000");
    }

    private static String all(Terminal terminal) throws IOException {
        return new String(terminal.output().readAllBytes(), StandardCharsets.UTF_8);
    }

    /** Reads until a text has come; the end before it is a failure. */
    private static String until(Terminal terminal, String text) throws IOException {
        var read = new StringBuilder();
        while (read.indexOf(text) < 0) {
            int next = terminal.output().read();
            assertThat(next).as("after <%s>", read).isNotNegative();
            read.append((char) next);
        }
        return read.toString();
    }

    private static void type(Terminal terminal, String text) throws IOException {
        terminal.input().write(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void streamsAreATerminalOfTheContainersOwn() throws Exception {
        var script =
                "tty; stty size; echo $TERM; echo err >&2; echo direct >/dev/tty; ls -1 /dev/pts";
        try (var container = sandbox.sh(script).terminal().start()) {
            assertThat(all(container.terminal()).split("\r\n"))
                    .containsExactly("/dev/pts/0", "24 80", "xterm", "err", "direct", "0", "ptmx");
            assertThat(container.waitFor()).isEqualTo(new Exit.Code(0));
            assertThatThrownBy(container::stdout).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void consoleIsTheTerminal() throws Exception {
        var script =
                "echo text >/dev/console; stat -c '%t %a' /dev/console; grep -c console"
                        + " /proc/mounts";
        try (var container = sandbox.sh(script).terminal().start()) {
            assertThat(all(container.terminal()).split("\r\n"))
                    .containsExactly("text", "88 620", "1");
        }
        assertThat(sandbox.root().resolve("dev/console")).doesNotExist();
    }

    @Test
    void sizeIsThatOfTheBeginningUntilItIsChanged() throws Exception {
        var script = "trap 'stty size; exit 7' WINCH; stty size; while :; do read x; done";
        try (var container = sandbox.sh(script).terminal(50, 132).start()) {
            var terminal = container.terminal();
            assertThat(until(terminal, "\n")).isEqualTo("50 132\r\n");
            assertThat(terminal.size()).isEqualTo(new TerminalSize(50, 132));
            terminal.resize(10, 200);
            assertThat(all(terminal)).contains("10 200");
            assertThat(container.waitFor()).isEqualTo(new Exit.Code(7));
            assertThatThrownBy(() -> terminal.resize(0, 80))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("rows");
        }
    }

    @Test
    void whatIsTypedIsEchoedEditedAndEnded() throws Exception {
        try (var container = sandbox.command("cat").terminal().start()) {
            type(container.terminal(), "wrong\u0015right\n");
            until(container.terminal(), "right\r\nright\r\n");
            type(container.terminal(), "" + CONTROL_D);
            assertThat(container.waitFor()).isEqualTo(new Exit.Code(0));
        }
    }

    @Test
    void interruptCharacterReachesTheProgramInTheForeground() throws Exception {
        try (var container = sandbox.command("sh", "-i").terminal().start()) {
            var terminal = container.terminal();
            until(terminal, "# ");
            type(terminal, "sh -c 'echo started; exec sleep 1000'\n");
            until(terminal, "\nstarted");
            type(terminal, "" + CONTROL_C);
            until(terminal, "# ");
            type(terminal, "echo $?.\n");
            until(terminal, "130.");
            type(terminal, "exit 5\n");
            assertThat(container.waitFor()).isEqualTo(new Exit.Code(5));
        }
    }

    @Test
    void initLeavesTheForegroundToTheProgram() throws Exception {
        // The program says itself that it is there, so that the key cannot come before it.
        var script = "trap 'echo caught' INT; sh -c 'echo ready; exec cat'; cat; exit 3";
        try (var container = sandbox.sh(script).init().terminal().start()) {
            var terminal = container.terminal();
            until(terminal, "ready");
            type(terminal, "" + CONTROL_C);
            until(terminal, "caught");
            type(terminal, "still\n");
            until(terminal, "still\r\nstill\r\n");
            type(terminal, "" + CONTROL_D);
            assertThat(container.waitFor()).isEqualTo(new Exit.Code(3));
            assertThat(all(terminal)).doesNotContain("caught");
        }
    }

    @Test
    void closingHangsUp() throws Exception {
        // Only the session's leader, here the init, is told by the kernel; a program that reads
        // would
        // see the end of the terminal as well, and could be faster than the signal that init hands
        // on.
        try (var container = sandbox.command("sleep", "1000").init().terminal().start();
                var exec = container.exec("cat").terminal().start()) {
            exec.terminal().close();
            assertThat(exec.waitFor()).isEqualTo(new Exit.Killed(Signal.parse("HUP"), false));
            container.terminal().close();
            container.terminal().close();
            assertThat(container.waitFor().code()).isEqualTo(129);
            assertThatThrownBy(() -> container.terminal().output().read())
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void editorAndPagerWork() throws Exception {
        sandbox.root().file("text", "one\n");
        try (var container = sleeping().start();
                var vi = container.exec("vi", "/text").terminal().start()) {
            until(vi.terminal(), "one");
            type(vi.terminal(), "xZZ");
            assertThat(vi.waitFor()).isEqualTo(new Exit.Code(0));
            assertThat(sandbox.root().resolve("text")).hasContent("ne");
            try (var less = container.exec("sh", "-c", "seq 100 | less").terminal(5, 40).start()) {
                until(less.terminal(), "4");
                type(less.terminal(), "G");
                until(less.terminal(), "100");
                type(less.terminal(), "q");
                assertThat(less.waitFor()).isEqualTo(new Exit.Code(0));
            }
        }
    }

    @Test
    void processesHaveTerminalsOfTheirOwn() throws Exception {
        try (var container = sandbox.command("cat").terminal().start();
                var exec =
                        container
                                .exec(
                                        "sh",
                                        "-c",
                                        "tty; id -u; stat -c '%u %G' $(tty); echo $TERM;"
                                                + " :>/dev/tty")
                                .user("app")
                                .env("TERM", "vt100")
                                .terminal()
                                .start()) {
            assertThat(all(exec.terminal()).split("\r\n"))
                    .startsWith("/dev/pts/1", "1000")
                    .endsWith("vt100")
                    .anyMatch(line -> line.startsWith("1000 "));
            assertThat(exec.waitFor()).isEqualTo(new Exit.Code(0));
            assertThat(container.isAlive()).isTrue();
            try (var other = container.exec("true").start()) {
                assertThatThrownBy(other::terminal).isInstanceOf(IllegalStateException.class);
            }
        }
    }

    @Test
    void userNamespaceHasTerminals() throws Exception {
        var maps = List.of(new IdMap(0, 100_000, 65_536));
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
        try (var container =
                        sandbox.sh("tty; echo console >/dev/console; cat")
                                .userNamespace(maps, maps)
                                .terminal()
                                .start();
                var exec =
                        container
                                .exec("sh", "-c", "tty; stat -c %u /dev/pts/1")
                                .user(5, 6)
                                .terminal()
                                .start()) {
            until(container.terminal(), "/dev/pts/0\r\nconsole");
            assertThat(all(exec.terminal())).isEqualTo("/dev/pts/1\r\n5\r\n");
        }
    }

    @Test
    void directoryOfTerminalsThatIsNoneIsRefused() throws Exception {
        try (var container = sleeping().capAdd(Capability.SYS_ADMIN).start()) {
            var trap = "mount -t tmpfs none /dev/pts && mkfifo /dev/pts/ptmx";
            assertThat(container.exec("sh", "-c", trap).run().stderr()).isEmpty();
            assertThatThrownBy(() -> container.exec("true").terminal().start())
                    .isInstanceOf(SyscallFailedException.class)
                    .hasMessageContaining("making a terminal");
            container
                    .exec(
                            "sh",
                            "-c",
                            "umount -l /dev/pts; mount -t tmpfs none /dev; ln -s /proc /dev/pts")
                    .run();
            assertThatThrownBy(() -> container.exec("true").terminal().start())
                    .isInstanceOf(SyscallFailedException.class)
                    .hasMessageContaining("making a terminal");
        }
    }

    @Test
    void floodThatNobodyReadsAndInputThatNobodyTakesHarmNobody() throws Exception {
        try (var container = sleeping().start();
                var exec = container.exec("sh", "-c", "stty raw -echo; yes").terminal().start()) {
            until(exec.terminal(), "y\ny\ny");
            var typing =
                    Thread.ofVirtual()
                            .start(
                                    () -> {
                                        try {
                                            while (true) {
                                                type(exec.terminal(), "x".repeat(65_536));
                                            }
                                        } catch (IOException e) {
                                            assertThat(e).isNotNull();
                                        }
                                    });
            exec.terminal().close();
            typing.join();
            exec.waitFor();
        }
    }

    @Test
    void terminalIsAllThreeStreamsAndEndsWithTheJvm() {
        List<ContainerBuilder> wrong =
                List.of(
                        sleeping().terminal().stdout(Stdio.NULL),
                        sleeping().terminal().stdin(Stdio.INHERIT),
                        sleeping().terminal(0, 80),
                        sleeping().terminal(24, 65_536));
        for (var container : wrong) {
            assertThatThrownBy(container::start)
                    .isInstanceOf(InvalidSpecException.class)
                    .hasMessageStartingWith("terminal");
        }
        assertThatThrownBy(() -> sleeping().terminal().run())
                .isInstanceOf(InvalidSpecException.class)
                .hasMessageContaining("start() the process");
    }

    @Test
    void sizeIsPartOfTheDescription() {
        var spec = sleeping().terminal(12, 34).spec();
        assertThat(ContainerSpec.fromJson(spec.toJson())).isEqualTo(spec);
        assertThat(spec.process().terminalSize()).isEqualTo(new TerminalSize(12, 34));
        assertThat(sleeping().terminal().explain())
                .contains("mounting /dev/console", "making it the controlling terminal");
    }
}
