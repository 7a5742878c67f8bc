package io.pelagos.core.testing;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Another JVM that runs a main class of the tests, to be killed or to end by itself.
 *
 * @param process the JVM, whose standard error joins its standard output
 */
public record ForkedJvm(Process process) implements AutoCloseable {
    /** Starts one with the same classes as this JVM. */
    public static ForkedJvm start(Class<?> main, String... arguments) throws IOException {
        return start(List.of(), main, arguments);
    }

    /** Starts one in a mount namespace of its own, whose mounts spread nowhere. */
    public static ForkedJvm unshared(Class<?> main, String... arguments) throws IOException {
        return start(List.of("unshare", "--mount", "--propagation", "private"), main, arguments);
    }

    /**
     * Starts one through another command, for somebody who cannot read where the classes are.
     *
     * @param classes an empty directory, to which they are copied
     */
    public static ForkedJvm elsewhere(
            List<String> prefix, Path classes, Class<?> main, String... arguments)
            throws IOException {
        return start(prefix, copy(classes), main, arguments);
    }

    /** Copies folders of classes, and the libraries that they need. */
    private static String copy(Path to) throws IOException {
        var copies = new ArrayList<String>();
        for (var entry : everything().split(File.pathSeparator, -1)) {
            var from = Path.of(entry);
            var target = to.resolve(copies.size() + "-" + from.getFileName());
            if (Files.isDirectory(from)) {
                try (var files = Files.walk(from)) {
                    for (var file : files.toList()) {
                        Files.copy(file, target.resolve(from.relativize(file).toString()));
                    }
                }
                copies.add(target.toString());
            } else if (entry.contains("jackson") || entry.contains("pelagos")) {
                copies.add(Files.copy(from, target).toString());
            }
        }
        return String.join(File.pathSeparator, copies);
    }

    private static ForkedJvm start(List<String> prefix, Class<?> main, String... arguments)
            throws IOException {
        return start(prefix, everything(), main, arguments);
    }

    private static ForkedJvm start(
            List<String> prefix, String classPath, Class<?> main, String... arguments)
            throws IOException {
        var command = new ArrayList<>(prefix);
        command.add(ProcessHandle.current().info().command().orElseThrow());
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-cp", classPath));
        command.add(main.getName());
        command.addAll(List.of(arguments));
        return new ForkedJvm(new ProcessBuilder(command).redirectErrorStream(true).start());
    }

    /** As a class path: what the tests see on their module path or class path. */
    private static String everything() {
        var paths = new ArrayList<String>();
        for (var property :
                List.of("java.class.path", "jdk.module.path", "surefire.test.class.path")) {
            var value = System.getProperty(property, "");
            if (!value.isEmpty()) {
                paths.add(value);
            }
        }
        paths.add(classesOf(ForkedJvm.class));
        return String.join(File.pathSeparator, paths);
    }

    /** Finds the folder of test classes, which a module is patched with. */
    private static String classesOf(Class<?> type) {
        var name = "/" + type.getName().replace('.', '/') + ".class";
        var url = Objects.requireNonNull(type.getResource(name), name).toString();
        return Path.of(URI.create(url.substring(0, url.length() - name.length()))).toString();
    }

    /** Reads what it writes, to the end. */
    public String output() throws IOException {
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
