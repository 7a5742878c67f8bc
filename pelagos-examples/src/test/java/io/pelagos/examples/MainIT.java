package io.pelagos.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MainIT {
    @BeforeEach
    void root() throws IOException {
        Root.required();
    }

    private static Program pelagos(String... arguments) throws IOException, InterruptedException {
        return Program.run("", Main.class, arguments);
    }

    @Test
    void theExitCodeIsThatOfTheProgram() throws Exception {
        var program = pelagos("run", "host", "sh", "-c", "echo out; echo err >&2; exit 7");
        assertThat(program.code()).isEqualTo(7);
        assertThat(program.out()).isEqualTo("out\n");
        assertThat(program.err()).contains("err\n");
    }

    @Test
    void aSignalIsToldAsShellsDo() throws Exception {
        assertThat(pelagos("run", "--init", "host", "sh", "-c", "kill -TERM $$").code())
                .isEqualTo(128 + 15);
    }

    @Test
    void aMissingProgramIs127() throws Exception {
        var program = pelagos("run", "host", "no-such-program");
        assertThat(program.code()).isEqualTo(127);
        assertThat(program.err()).startsWith("pelagos: executing no-such-program");
    }

    @Test
    void whatCannotBeExecutedIs126() throws Exception {
        assertThat(pelagos("run", "host", "/etc/passwd").code()).isEqualTo(126);
    }

    @Test
    void aMissingSourceIsOurOwnFailure() throws Exception {
        var program = pelagos("run", "-v", "/no/such/source:/data", "host", "true");
        assertThat(program.code()).isEqualTo(125);
        assertThat(program.err()).contains("/no/such/source").contains("ENOENT");
    }

    @Test
    void memoryIsLimited() throws Exception {
        var program = pelagos("run", "-m", "32m", "host", "tail", "/dev/zero");
        assertThat(program.code()).isEqualTo(137);
        assertThat(program.err()).contains("out of memory");
    }

    @Test
    void timeIsLimited() throws Exception {
        var program = pelagos("run", "--timeout", "200ms", "host", "sleep", "600");
        assertThat(program.code()).isEqualTo(137);
        assertThat(program.err()).contains("timeout");
    }

    @Test
    void standardInputIsPassedOnWhenAskedFor() throws Exception {
        assertThat(Program.run("text\n", Main.class, "run", "-i", "host", "cat").out())
                .isEqualTo("text\n");
        assertThat(Program.run("text\n", Main.class, "run", "host", "cat").out()).isEmpty();
    }

    @Test
    void optionsReachTheContainer() throws Exception {
        var program =
                pelagos(
                        "run",
                        "--hostname=box",
                        "-u=1000:1000",
                        "-e=A=b",
                        "-w=/tmp",
                        "--ulimit=nofile=64:128",
                        "--tmpfs=/scratch:size=1m",
                        "host",
                        "--",
                        "sh",
                        "-c",
                        "hostname; id -u; echo $A; pwd; ulimit -n; df -k /scratch | tail -n 1");
        assertThat(program.out().lines())
                .startsWith("box", "1000", "b", "/tmp", "64")
                .last()
                .asString()
                .contains("1024");
    }

    @Test
    void anEndOfTheCommandLineAsksTheProgramToEnd() throws Exception {
        var command = new ArrayList<>(List.of(Program.command(Main.class)));
        command.addAll(
                List.of(
                        "run",
                        "host",
                        "sh",
                        "-c",
                        "trap 'echo asked; exit 3' TERM; echo ready; while :; do sleep 0.05; done"));
        var process = new ProcessBuilder(command).start();
        var lines = process.inputReader();
        assertThat(lines.readLine()).isEqualTo("ready");
        // Process.destroy would also close the stream that is read.
        process.toHandle().destroy();
        assertThat(lines.readLine()).isEqualTo("asked");
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(128 + 15);
    }

    @Test
    void theHostIsProbed() throws Exception {
        var program = pelagos("probe", "--format", "json");
        assertThat(program.code()).isZero();
        assertThat(program.out()).contains("\"value\"");
    }
}
