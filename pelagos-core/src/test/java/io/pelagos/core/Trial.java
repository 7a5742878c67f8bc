package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.testing.Sandbox;
import io.pelagos.core.testing.TryProgram;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Tests of what a program in a container can do: all of a class share one root file system. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class Trial {
    /** An unprivileged user of the root's own accounts. */
    static final long APP = 1000;

    private Sandbox sandbox;

    @BeforeAll
    void open(@TempDir Path directory) {
        sandbox = Sandbox.in(directory);
        TryProgram.into(sandbox.root().resolve("bin/try"));
    }

    @AfterAll
    void close() {
        if (sandbox != null) {
            sandbox.close();
        }
    }

    final Sandbox sandbox() {
        return sandbox;
    }

    final ContainerBuilder sh(String script) {
        return sandbox.sh(script);
    }

    /** Describes a container that tries one thing, see {@code try.c}. */
    final ContainerBuilder trying(Object... arguments) {
        var command = new ArrayList<>(List.of("try"));
        for (var argument : arguments) {
            command.add(argument.toString());
        }
        return sandbox.command(command.toArray(String[]::new));
    }

    /** Runs a container that is expected to succeed. */
    static String output(ContainerBuilder container) throws InterruptedException {
        var result = container.run();
        assertThat(result.exit().code()).as(result.stdout() + result.stderr()).isZero();
        return result.stdout().strip();
    }

    /** Returns what a program in a container reads in /proc/self/status. */
    final Map<String, String> status(java.util.function.UnaryOperator<ContainerBuilder> options)
            throws InterruptedException {
        var fields = new HashMap<String, String>();
        output(options.apply(sandbox.command("cat", "/proc/self/status")))
                .lines()
                .map(line -> line.split(":\\s*", 2))
                .forEach(field -> fields.put(field[0], field[1].strip()));
        return fields;
    }
}
