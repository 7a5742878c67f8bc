package io.pelagos.examples.stories;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pelagos.core.SyscallFailedException;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.Exit;
import io.pelagos.examples.Root;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoriesIT {
    @BeforeEach
    void root() throws IOException {
        Root.required();
    }

    @Test
    void aToolReadsAnUploadAndWritesAResult(@TempDir Path folder) throws Exception {
        var upload = Files.createDirectory(folder.resolve("upload"));
        var results = Files.createDirectory(folder.resolve("results"));
        Files.setPosixFilePermissions(upload, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setPosixFilePermissions(results, PosixFilePermissions.fromString("rwxrwxrwx"));
        Files.writeString(upload.resolve("clip"), "contents");

        var result = SandboxedTool.pack(upload, results);

        assertThat(result.success()).as(result.toString()).isTrue();
        var archive = results.resolve("upload.tar.gz");
        assertThat(Files.getAttribute(archive, "unix:uid")).isEqualTo(65534);
        var list = new ProcessBuilder("tar", "-tzf", archive.toString()).start();
        assertThat(list.inputReader().lines()).contains("./clip");
    }

    @Test
    void aProcessReadsToTheEndOfItsInputAndTellsHowItEnded() throws Exception {
        var lines = new ArrayList<String>();
        var exits = new ArrayList<Exit>();
        var exit = FamiliarProcess.shell("echo one\necho two\nexit 3\n", lines::add, exits::add);
        assertThat(lines).containsExactly("one", "two");
        assertThat(exits).containsExactly(new Exit.Code(3));
        assertThat(exit).isEqualTo(new Exit.Code(3));
    }

    @Test
    void aFailureSaysWhatWasDoneWhyItFailedAndWhatToDo(@TempDir Path folder) {
        var missing = folder.resolve("missing");
        assertThatExceptionOfType(SyscallFailedException.class)
                .isThrownBy(() -> HelpfulErrors.mount(missing))
                .withMessageStartingWith("mounting /data in the container: open_tree")
                .withMessageContaining(missing.toString())
                .withMessageContaining("ENOENT (No such file or directory). ")
                .withMessageContaining("createSource()");
    }

    @Test
    void aContainerIsTheSameElsewhere(@TempDir Path folder) throws Exception {
        var busybox = Path.of("/bin/busybox");
        assumeTrue(Files.isExecutable(busybox), "busybox-static is not installed");
        assumeTrue(Files.isExecutable(Path.of("/usr/sbin/runc")), "runc is not installed");
        var root = Files.createDirectory(folder.resolve("root"));
        Files.createDirectory(root.resolve("bin"));
        Files.copy(busybox, root.resolve("bin/sh"), StandardCopyOption.COPY_ATTRIBUTES);
        var spec =
                Elsewhere.describe(
                        root, "/bin/sh", "-c", "read line < /proc/sys/kernel/hostname; echo $line");

        assertThat(ContainerSpec.fromJson(spec.toJson())).isEqualTo(spec);
        assertThat(Elsewhere.run(spec.toJson())).isEqualTo("elsewhere\n");

        Elsewhere.bundle(spec, folder);
        var runc =
                new ProcessBuilder(
                                "runc",
                                "--root",
                                folder.resolve("state").toString(),
                                "run",
                                "--bundle",
                                folder.toString(),
                                "pelagos-" + ProcessHandle.current().pid())
                        .redirectErrorStream(true)
                        .start();
        runc.getOutputStream().close();
        assertThat(new String(runc.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo("elsewhere\n");
        assertThat(runc.waitFor()).isZero();

        assertThat(spec.toCommandLine())
                .startsWith("podman run ")
                .contains("--hostname=elsewhere", "--memory", root.toString());
    }
}
