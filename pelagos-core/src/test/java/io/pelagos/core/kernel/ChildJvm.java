package io.pelagos.core.kernel;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/**
 * Runs a main class of the tests inside the module io.pelagos.core, in a JVM with other options.
 *
 * @param exit the exit code
 * @param output standard output and error together
 */
public record ChildJvm(int exit, String output) {
    /** Runs a main class to its end. */
    public static ChildJvm run(Class<?> main, String... options) throws Exception {
        return finish(start(main, options));
    }

    /** Runs a main class to its end below a command such as setpriv(1). */
    public static ChildJvm runAs(String[] below, Class<?> main, String... options)
            throws Exception {
        return finish(startAs(below, main, options));
    }

    /** Starts a main class; both outputs are one stream. */
    public static Process start(Class<?> main, String... options) throws Exception {
        return startAs(new String[0], main, options);
    }

    private static Process startAs(String[] below, Class<?> main, String... options)
            throws Exception {
        var modulePath = System.getProperty("jdk.module.path");
        Assumptions.assumeTrue(
                modulePath != null, "the tests run on the class path, not on the module path");
        var command = new ArrayList<String>(List.of(below));
        command.add(ProcessHandle.current().info().command().orElseThrow());
        command.addAll(List.of(options));
        command.addAll(List.of("--module-path", modulePath));
        command.addAll(List.of("--patch-module", "io.pelagos.core=" + testClasses(main)));
        command.addAll(List.of("-m", "io.pelagos.core/" + main.getName()));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    private static ChildJvm finish(Process process) throws IOException, InterruptedException {
        process.getOutputStream().close();
        var output = new String(process.getInputStream().readAllBytes(), UTF_8);
        return new ChildJvm(process.waitFor(), output);
    }

    private static Path testClasses(Class<?> main) throws Exception {
        var file = main.getName().replace('.', '/') + ".class";
        var url = main.getResource("/" + file);
        if (url == null) {
            throw new AssertionError(file + " is no resource");
        }
        var classFile = Path.of(new URI(url.toString()));
        return classFile
                .getRoot()
                .resolve(
                        classFile.subpath(
                                0, classFile.getNameCount() - Path.of(file).getNameCount()));
    }
}
