package io.pelagos.examples;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a program of this module printed and how it ended.
 *
 * @param code its exit code
 * @param out its standard output
 * @param err its standard error
 */
public record Program(int code, String out, String err) {
    /** Runs a main class of this module in a JVM of its own. */
    public static Program run(String input, Class<?> main, String... arguments)
            throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of(command(main)));
        command.addAll(List.of(arguments));
        return run(input, command);
    }

    /** Returns the command that starts a main class with the module path of this JVM. */
    static String[] command(Class<?> main) {
        var module = "io.pelagos.examples/" + main.getName();
        return new String[] {
            java("java"),
            "--enable-native-access=io.pelagos.core,org.jline.terminal.ffm",
            "--module-path",
            modulePath(),
            "--module",
            module
        };
    }

    /**
     * Returns the command that starts a main class with the module for images as well; where this
     * JVM has all on its class path, so does that one.
     */
    public static String[] commandWithImages(Class<?> main) {
        var modules = System.getProperty("jdk.module.path");
        if (modules == null) {
            return new String[] {
                java("java"),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()
            };
        }
        return new String[] {
            java("java"),
            "--enable-native-access=io.pelagos.core,com.github.luben.zstd_jni",
            "--module-path",
            modules,
            "--add-modules",
            "io.pelagos.image",
            "--module",
            "io.pelagos.examples/" + main.getName()
        };
    }

    static String java(String tool) {
        return Path.of(System.getProperty("java.home"), "bin", tool).toString();
    }

    /**
     * Whether surefire put the module on the module path or the class path, both have its parts.
     */
    static String modulePath() {
        return System.getProperty("jdk.module.path", System.getProperty("java.class.path"));
    }

    /** Runs a command. */
    public static Program run(String input, List<String> command)
            throws IOException, InterruptedException {
        var process = new ProcessBuilder(command).start();
        var err = new StringBuilder();
        var reader =
                Thread.ofVirtual()
                        .start(
                                () ->
                                        process.errorReader()
                                                .lines()
                                                .forEach(line -> err.append(line).append('\n')));
        try (var in = process.getOutputStream()) {
            in.write(input.getBytes(StandardCharsets.UTF_8));
        }
        var out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        reader.join();
        return new Program(process.waitFor(), out, err.toString());
    }
}
