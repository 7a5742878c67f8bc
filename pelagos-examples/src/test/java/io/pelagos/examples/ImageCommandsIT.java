package io.pelagos.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands about images, each in a JVM of its own as in a shell, in a store of their own. */
class ImageCommandsIT {
    @TempDir private Path directory;

    @BeforeEach
    void root() throws IOException {
        Root.required();
        Files.createDirectory(directory.resolve("data"));
        Files.createDirectory(directory.resolve("run"));
    }

    /** The class path of this JVM, of which the module path is a part when there is one. */
    private static String classPath() {
        return System.getProperty("jdk.module.path", "")
                + ":"
                + System.getProperty("java.class.path");
    }

    /** The store of root has a fixed place: another directory is mounted there for each command. */
    private static final String ELSEWHERE =
            "mkdir -p /var/lib/pelagos /run/pelagos"
                    + " && mount --bind \"$0/data\" /var/lib/pelagos"
                    + " && mount --bind \"$0/run\" /run/pelagos"
                    + " && exec \"$@\"";

    /** Returns what a command prints, or when it is meant to fail what it says. */
    private String pelagos(int code, String... arguments) throws Exception {
        var command =
                new ArrayList<>(
                        List.of(
                                "unshare",
                                "--mount",
                                "sh",
                                "-c",
                                ELSEWHERE,
                                directory.toString(),
                                Program.java("java"),
                                "--enable-native-access=ALL-UNNAMED",
                                "-cp",
                                classPath(),
                                Main.class.getName()));
        command.addAll(List.of(arguments));
        var program = Program.run("", command);
        assertThat(program.code())
                .as(String.join(" ", arguments) + "\n" + program.err())
                .isEqualTo(code);
        return (code == 0 ? program.out() : program.err()).strip();
    }

    private Path rootfs() throws Exception {
        var tree = Files.createDirectories(directory.resolve("tree/bin"));
        Files.copy(Path.of("/bin/busybox"), tree.resolve("busybox"));
        for (var name : List.of("sh", "echo", "cat", "sleep")) {
            Files.createSymbolicLink(tree.resolve(name), Path.of("busybox"));
        }
        var archive = directory.resolve("Small.tar.gz");
        var tar =
                new ProcessBuilder(
                                "tar", "-C", tree.getParent().toString(), "-czf", archive + "", ".")
                        .inheritIO()
                        .start();
        assertThat(tar.waitFor()).isZero();
        return archive;
    }

    @Test
    void anImageIsImportedRunCommittedExportedAndSaved() throws Exception {
        var archive = rootfs().toString();
        var digest = pelagos(0, "import", "-c", "ENV PATH=/bin", archive);
        assertThat(digest).startsWith("sha256:");
        assertThat(pelagos(0, "image", "import", "-c", "ENV PATH=/bin", archive, "other:1"))
                .isEqualTo(digest);
        var container =
                pelagos(0, "run", "-d", "small", "sh", "-c", "echo hi > /new; exec sleep 1000");
        try {
            // Its first process has the file when it sleeps.
            pelagos(0, "exec", container, "sh", "-c", "until [ -s /new ]; do :; done");
            pelagos(
                    0,
                    "commit",
                    "-m",
                    "a remark",
                    "-c",
                    "CMD [\"cat\", \"/new\"]",
                    container,
                    "shop:1");
            pelagos(0, "image", "commit", container, "shop:2");
            pelagos(0, "export", "-o", directory.resolve("root.tar").toString(), container);
        } finally {
            pelagos(0, "rm", "-f", container);
        }
        assertThat(pelagos(0, "run", "--rm", "shop:1")).isEqualTo("hi");
        assertThat(pelagos(0, "image", "history", "shop:1")).contains("CMD [cat, /new]");
        assertThat(pelagos(0, "import", directory.resolve("root.tar").toString()))
                .startsWith("sha256:");
        assertThat(pelagos(0, "run", "--rm", "root", "/bin/cat", "/new")).isEqualTo("hi");
        for (var format : List.of("oci-archive", "oci-dir", "docker-archive")) {
            var place = directory.resolve(format).toString();
            pelagos(0, "image", "save", "--format", format, "-o", place, "shop:1", "small");
            assertThat(pelagos(0, "image", "load", "-i", place).lines())
                    .containsExactly("shop:1", "small:latest");
        }
        assertThat(pelagos(125, "image", "save", "--format", "zip", "-o", "/x", "small"))
                .contains("zip", "docker-archive");
        assertThat(pelagos(125, "import", "-")).contains("NAME");
        assertThat(pelagos(125, "import", "-c", "RUN true", archive)).contains("RUN true");
    }
}
