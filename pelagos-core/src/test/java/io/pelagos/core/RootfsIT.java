package io.pelagos.core;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.FileMode;
import io.pelagos.core.spec.MiB;
import io.pelagos.core.spec.Mount;
import io.pelagos.core.testing.InSandbox;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What gives a container its root file system. */
class RootfsIT extends InSandbox {
    private ContainerBuilder host(String script) {
        return sandbox.sh(Rootfs.host(), script);
    }

    @Test
    void directoryIsChangedByTheContainer() throws Exception {
        assertThat(sandbox.sh("echo new > /etc/new").run().success()).isTrue();
        assertThat(sandbox.root().resolve("etc/new")).hasContent("new\n");
    }

    @Test
    void missingDirectoryIsNamed() {
        var missing = directory.resolve("no-root");
        assertThatThrownBy(
                        sandbox.pelagos().container(Rootfs.directory(missing)).command("true")
                                ::start)
                .isInstanceOf(SyscallFailedException.class)
                .hasMessageContaining(missing.toString())
                .hasMessageContaining("ENOENT");
        assertThat(ProcessHandle.current().children()).isEmpty();
    }

    @Test
    void emptyRootHoldsTheFilesGivenAndNothingElse() throws Exception {
        var busybox = Files.readAllBytes(Path.of("/bin/busybox"));
        var root =
                Rootfs.empty()
                        .file("/bin/busybox", busybox, FileMode.of("0755"))
                        .file("/etc/passwd", "me:x:5:6::/me:/bin/sh\n".getBytes(UTF_8))
                        .file("/deep/er/file", new byte[0]);
        var script = "id -u; ls /; stat -c %a /etc/passwd /deep/er; echo $HOME";
        var result =
                sandbox.pelagos()
                        .container(root)
                        .command("/bin/busybox", "sh", "-c", script)
                        .user("me")
                        .run();
        assertThat(result.stdout()).isEqualTo("5\nbin\ndeep\ndev\netc\nproc\nsys\n644\n755\n/me\n");
    }

    @Test
    void emptyRootIsGoneWithItsContainer() throws Exception {
        var busybox = Files.readAllBytes(Path.of("/bin/busybox"));
        var root = Rootfs.empty().file("/busybox", busybox, FileMode.of("0755"));
        var container = sandbox.pelagos().container(root);
        assertThat(container.command("/busybox", "touch", "/mine").run().success()).isTrue();
        var again = container.command("/busybox", "ls", "/").run();
        assertThat(again.stdout()).doesNotContain("mine");
    }

    @Test
    void hostViewRunsTheMachinesProgramsWithItsLibraries() throws Exception {
        var result = host("ls -d /usr/bin && bash --version | head -1").run();
        assertThat(result.stderr()).isEmpty();
        assertThat(result.stdout()).startsWith("/usr/bin\nGNU bash");
    }

    @Test
    void hostViewCannotBeWrittenTo() throws Exception {
        var result = host("touch /usr/x; touch /etc/passwd; touch /bin/x").run();
        assertThat(result.stderr().lines())
                .hasSize(3)
                .allMatch(line -> line.contains("Read-only file system"));
        assertThat(Path.of("/usr/x")).doesNotExist();
    }

    @Test
    void hostViewResolvesUsersAndNames() throws Exception {
        var result = host("id -un; getent hosts localhost; hostname").user("nobody").run();
        assertThat(result.stdout()).startsWith("nobody\n").contains("localhost");
    }

    @Test
    void hostViewHidesWhatIsPrivateToTheMachine() throws Exception {
        var mark = Files.createTempFile("pelagos-mark", "");
        try {
            var script =
                    "ls -A /root /home /tmp /var/tmp | grep -v :; ls /etc/shadow /etc/ssh /srv"
                            + " /boot "
                            + mark;
            var result = host(script).run();
            assertThat(result.stdout().strip()).isEmpty();
            assertThat(result.stderr().lines()).hasSize(5);
        } finally {
            Files.delete(mark);
        }
    }

    @Test
    void hostViewHasATmpAndAHomeOfItsOwn() throws Exception {
        var script = "touch /tmp/mine \"$HOME/mine\" /var/tmp/mine && stat -c %a /tmp; ls $HOME";
        var unprivileged = host(script).user(65534, 65534).run();
        assertThat(unprivileged.stderr()).isEmpty();
        assertThat(unprivileged.stdout()).isEqualTo("1777\nmine\n");
        assertThat(host(script).run().stdout()).isEqualTo("1777\nmine\n");
        assertThat(Path.of("/tmp/mine")).doesNotExist();
    }

    @Test
    void storyOfASandboxedToolRunsAsWritten() throws Exception {
        var upload = Files.createDirectories(directory.resolve("upload"));
        var results = Files.createDirectories(directory.resolve("results"));
        Files.setPosixFilePermissions(results, PosixFilePermissions.fromString("rwxrwxrwx"));
        Files.writeString(upload.resolve("clip"), "moving pictures");
        var result =
                sandbox.pelagos()
                        .container(Rootfs.host())
                        .command("cp", "/in/clip", "/out/clip")
                        .mount(Mount.readOnly(upload, "/in"))
                        .mount(Mount.bind(results, "/out"))
                        .user(65534, 65534)
                        .memory(MiB.of(512))
                        .cpus(1.5)
                        .pids(64)
                        .timeout(Duration.ofMinutes(2))
                        .run();
        assertThat(result.stderr()).isEmpty();
        assertThat(result.exit()).isEqualTo(new Exit.Code(0));
        assertThat(results.resolve("clip")).hasContent("moving pictures");
    }
}
