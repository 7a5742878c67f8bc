package io.pelagos.core.testing;

import io.pelagos.core.Rootfs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/**
 * A root directory made of the host's static busybox: {@code /bin} with a link for each applet,
 * accounts of its own ({@code root}, {@code app} with id 1000, {@code nobody}; groups {@code app},
 * {@code web} with id 33 and {@code nogroup}), and the empty directories that programs expect.
 *
 * @param path the directory
 */
public record BusyboxRoot(Path path) {
    private static final Path BUSYBOX = Path.of("/bin/busybox");
    private static final List<String> DIRECTORIES =
            List.of("bin", "dev", "etc", "home/app", "proc", "root", "sys", "tmp", "usr", "var");

    /**
     * Makes a root below a directory of the test.
     *
     * @param parent usually the test's temporary directory; the root is its child {@code root}
     */
    public static BusyboxRoot in(Path parent) {
        return at(parent.resolve("root"));
    }

    /** Makes a root of a directory that does not exist yet or is empty. */
    public static BusyboxRoot at(Path root) {
        Assumptions.assumeTrue(
                Files.isExecutable(BUSYBOX), "needs /bin/busybox: Debian's busybox-static");
        try {
            for (var directory : DIRECTORIES) {
                Files.createDirectories(root.resolve(directory));
            }
            Files.setPosixFilePermissions(
                    root.resolve("tmp"), PosixFilePermissions.fromString("rwxrwxrwx"));
            Files.copy(BUSYBOX, root.resolve("bin/busybox"));
            link(root.resolve("bin"));
            return new BusyboxRoot(root)
                    .file(
                            "etc/passwd",
                            """
                            root:x:0:0:root:/root:/bin/sh
                            app:x:1000:1000:An application:/home/app:/bin/sh
                            nobody:x:65534:65534:nobody:/:/bin/false
                            """)
                    .file(
                            "etc/group",
                            """
                            root:x:0:
                            app:x:1000:
                            web:x:33:app
                            nogroup:x:65534:
                            """);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void link(Path bin) throws IOException {
        var listing = new ProcessBuilder(BUSYBOX.toString(), "--list").start();
        try (var applets = listing.inputReader()) {
            for (var applet : applets.lines().filter(a -> !a.equals("busybox")).toList()) {
                Files.createSymbolicLink(bin.resolve(applet), Path.of("busybox"));
            }
        }
    }

    /** Gives the root to a container. */
    public Rootfs rootfs() {
        return Rootfs.directory(path);
    }

    /** Returns the host's path of a file of the root. */
    public Path resolve(String file) {
        return path.resolve(file);
    }

    /** Writes a file below the root, with the directories that lead to it. */
    public BusyboxRoot file(String file, String text) {
        try {
            var target = path.resolve(file);
            Files.createDirectories(target.getParent());
            Files.writeString(target, text);
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes an executable shell script below the root. */
    public BusyboxRoot script(String file, String text) {
        file(file, "#!/bin/sh\n" + text);
        try {
            Files.setPosixFilePermissions(
                    path.resolve(file), PosixFilePermissions.fromString("rwxr-xr-x"));
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
