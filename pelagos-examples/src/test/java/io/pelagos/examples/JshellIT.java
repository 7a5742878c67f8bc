package io.pelagos.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

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
}
