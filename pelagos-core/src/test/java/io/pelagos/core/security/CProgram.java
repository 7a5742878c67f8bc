package io.pelagos.core.security;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A small C program that does in a process of its own what the JVM must not do to itself. */
record CProgram(Path executable) {
    /** Compiles a program; without a compiler the test is skipped. */
    static CProgram compile(Path folder, String source) throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/gcc")), "no /usr/bin/gcc on this machine");
        var file = Files.writeString(folder.resolve("program.c"), source);
        var executable = folder.resolve("program");
        var gcc =
                new ProcessBuilder(
                                "/usr/bin/gcc", "-O1", "-o", executable.toString(), file.toString())
                        .redirectErrorStream(true)
                        .start();
        var output = new String(gcc.getInputStream().readAllBytes(), UTF_8);
        assertThat(gcc.waitFor()).as(output).isZero();
        return new CProgram(executable);
    }

    Result run(List<String> arguments) throws IOException, InterruptedException {
        var command = new ArrayList<String>();
        command.add(executable.toString());
        command.addAll(arguments);
        var process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectInput(Path.of("/dev/null").toFile())
                        .start();
        var output = new String(process.getInputStream().readAllBytes(), UTF_8);
        return new Result(process.waitFor(), output.lines().toList());
    }

    /** How a run ended, and what it printed on both streams. */
    record Result(int status, List<String> lines) {}
}
