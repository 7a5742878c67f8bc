package io.pelagos.core.testing;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Another JVM that runs a main class of the tests, to be killed or to end by itself.
 *
 * @param process the JVM, whose standard error joins its standard output
 */
public record ForkedJvm(Process process) implements AutoCloseable {
    /** Starts one with the same class and module path as this JVM. */
    public static ForkedJvm start(Class<?> main, String... arguments) throws IOException {
        var command = new ArrayList<String>();
        command.add(ProcessHandle.current().info().command().orElseThrow());
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-Xshare:auto"));
        command.addAll(List.of("-cp", everything(), main.getName()));
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
        var location = ForkedJvm.class.getProtectionDomain().getCodeSource().getLocation();
        paths.add(java.nio.file.Path.of(java.net.URI.create(location.toString())).toString());
        paths.add(classesOf(ForkedJvm.class));
        return String.join(java.io.File.pathSeparator, paths);
    }

    /** Finds the folder of test classes, which a module is patched with. */
    private static String classesOf(Class<?> type) {
        var name = "/" + type.getName().replace('.', '/') + ".class";
        var url = java.util.Objects.requireNonNull(type.getResource(name), name).toString();
        return java.nio.file.Path.of(
                        java.net.URI.create(url.substring(0, url.length() - name.length())))
                .toString();
    }

    /** Reads what it writes, to the end. */
    public String output() throws IOException {
        return new String(
                process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
