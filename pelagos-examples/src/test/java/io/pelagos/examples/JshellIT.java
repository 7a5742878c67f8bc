package io.pelagos.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.image.testing.TestRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JshellIT {
    @BeforeEach
    void root() throws IOException {
        Root.required();
    }

    @Test
    void theScriptOffersWhatTheStoryTells() throws Exception {
        var program =
                Program.run(
                        """
                        run("host", "sh", "-c", "id; hostname; ls /")
                        explain("host", "true")
                        probe()
                        /exit
                        """,
                        List.of(
                                Program.java("jshell"),
                                "-R--enable-native-access=io.pelagos.core",
                                "--module-path",
                                Program.modulePath(),
                                "--add-modules",
                                "io.pelagos.examples",
                                "-s",
                                Path.of("src/main/jshell/pelagos.jsh").toAbsolutePath().toString(),
                                "-"));
        assertThat(program.out())
                .contains("uid=0(root) gid=0(root)")
                .contains("pelagos-")
                .contains("usr")
                .contains("masking /proc/kcore")
                .contains("user namespace")
                .doesNotContain("Exception", "Error:");
    }

    @Test
    void withImagesTheyArePulledAndRun(@TempDir Path folder) throws Exception {
        try (var registry = TestRegistry.start()) {
            SmallImage.put(
                    registry,
                    "app:1",
                    folder.resolve("image"),
                    """
                    {"config": {"Cmd": ["echo", "from the image"]}}
                    """,
                    Map.of());
            var name = registry.address() + "/app:1";
            Files.createDirectories(folder.resolve("store"));
            var scripts = Path.of("src/main/jshell").toAbsolutePath();
            var program =
                    Program.run(
                            """
                            System.out.println("layers " + images.pull("%s").layers().size())
                            run("%s")
                            run("%s", "sh", "-c", "id; hostname; ls /")
                            System.out.println(images.list())
                            /exit
                            """
                                    .formatted(name, name, name),
                            List.of(
                                    "unshare",
                                    "--mount",
                                    "sh",
                                    "-c",
                                    "mkdir -p /var/lib/pelagos && mount --bind \"$0\""
                                            + " /var/lib/pelagos && exec \"$@\"",
                                    folder.resolve("store").toString(),
                                    Program.java("jshell"),
                                    "-R--enable-native-access=io.pelagos.core",
                                    "--module-path",
                                    Program.modulePath(),
                                    "--add-modules",
                                    "io.pelagos.examples,io.pelagos.image",
                                    scripts.resolve("pelagos.jsh").toString(),
                                    scripts.resolve("images.jsh").toString(),
                                    "-"));
            assertThat(program.out())
                    .contains("layers 1", "from the image", "uid=0", "pelagos-", "bin", name)
                    .doesNotContain("Exception", "Error:");
        }
    }
}
