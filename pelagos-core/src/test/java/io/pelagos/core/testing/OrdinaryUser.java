package io.pelagos.core.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A user of this machine that a test makes, with a home below the test's directory.
 *
 * @param name the name
 * @param uid the number
 * @param home a directory of the user's
 * @param classes where the classes are that its JVMs run
 */
public record OrdinaryUser(String name, long uid, Path home, Path classes)
        implements AutoCloseable {
    private static final Path USERADD = Path.of("/usr/sbin/useradd");
    private static final Path MAPPER = Path.of("/usr/bin/newuidmap");

    /**
     * Makes one; the test is skipped without the rights and programs it takes.
     *
     * @param directory the test's own
     * @param options of useradd(8)
     */
    public static OrdinaryUser in(Path directory, String... options) throws IOException {
        assumeTrue(
                Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0)
                        && Files.isExecutable(USERADD)
                        && Files.isExecutable(MAPPER),
                "needs root, useradd and uidmap");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        var name = "pelagos-" + Long.toString(System.nanoTime() & 0xffffffffL, 36);
        var command = new ArrayList<>(List.of(USERADD.toString(), "--no-create-home"));
        command.addAll(List.of(options));
        command.add(name);
        assertThat(run(command)).isEmpty();
        var home = Files.createDirectory(directory.resolve("home"));
        run(List.of("/usr/bin/chown", name + ":", home.toString()));
        return new OrdinaryUser(
                name,
                Long.parseLong(run(List.of("/usr/bin/id", "-u", name)).strip()),
                home,
                directory.resolve("classes"));
    }

    /**
     * Changes what the machine knows of the user.
     *
     * @param options of usermod(8)
     */
    public void change(List<String> options) {
        var command = new ArrayList<>(List.of("/usr/sbin/usermod"));
        command.addAll(options);
        command.add(name);
        assertThat(run(command)).isEmpty();
    }

    /** Gives the user a tree. */
    public void own(Path tree) {
        assertThat(run(List.of("/usr/bin/chown", "-Rh", name + ":", tree.toString()))).isEmpty();
    }

    /** Gives the user a directory, but nothing of what is in it. */
    public void ownAlone(Path directory) {
        assertThat(run(List.of("/usr/bin/chown", name + ":", directory.toString()))).isEmpty();
    }

    /**
     * Starts a JVM of the user's, in a mount namespace of its own.
     *
     * @param prepare a shell script that runs before, as root, in that namespace
     */
    public ForkedJvm start(String prepare, Class<?> main, String... arguments) throws IOException {
        var prefix =
                List.of(
                        "/usr/bin/unshare",
                        "--mount",
                        "--propagation",
                        "private",
                        "/bin/sh",
                        "-ec",
                        prepare + "\nexec \"$@\"",
                        "sh",
                        "/usr/bin/setpriv",
                        "--reuid=" + uid,
                        "--regid=" + gid(),
                        "--clear-groups",
                        "/usr/bin/env",
                        "-i",
                        "-C",
                        home.toString(),
                        "HOME=" + home,
                        "PATH=/usr/bin:/bin");
        int number = 0;
        while (Files.exists(classes.resolveSibling("classes" + number))) {
            number++;
        }
        return ForkedJvm.elsewhere(
                prefix,
                Files.createDirectory(classes.resolveSibling("classes" + number)),
                main,
                arguments);
    }

    private String gid() {
        return run(List.of("/usr/bin/id", "-g", name)).strip();
    }

    /** Reads what a JVM tells in lines of the form {@code name: value}, to the end. */
    public static Map<String, String> told(ForkedJvm jvm) throws IOException {
        var told = new LinkedHashMap<String, String>();
        for (var line : jvm.output().lines().toList()) {
            int colon = line.indexOf(": ");
            told.put(
                    colon < 0 ? line : line.substring(0, colon),
                    colon < 0 ? "" : line.substring(colon + 2));
        }
        return told;
    }

    private static String run(List<String> command) {
        try {
            var process = new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            var output = new String(process.getInputStream().readAllBytes(), UTF_8);
            process.waitFor();
            return output;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        run(List.of("/usr/sbin/userdel", name));
    }
}
