package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.testing.InSandbox;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is executed, with which arguments, environment and working directory. */
class CommandIT extends InSandbox {
    private CommandException refused(ContainerBuilder container) {
        try (var started = container.start()) {
            throw new AssertionError(started + " was started");
        } catch (CommandException e) {
            assertThat(sandbox.pelagos().running()).isEmpty();
            return e;
        }
    }

    @Test
    void argumentsReachTheProgramAsTheyAreWithoutAnyShell() throws Exception {
        var result = sandbox.command("printf", "<%s>", "a b", "$HOME", "").args("*", "ü\n").run();
        assertThat(result.stdout()).isEqualTo("<a b><$HOME><><*><ü\n>");
        assertThat(result.success()).isTrue();
    }

    @Test
    void exitCodeIsTheProgramsOwn() throws Exception {
        assertThat(sandbox.sh("exit 42").run().exit()).isEqualTo(new Exit.Code(42));
    }

    @Test
    void nameWithoutSlashIsLookedUpInTheContainersPathInOrder() throws Exception {
        sandbox.root().script("opt/one/tool", "echo one").script("opt/two/tool", "echo two");
        var result = sandbox.command("tool").env("PATH", "/bin:/opt/two:/opt/one").run();
        assertThat(result.stdout()).isEqualTo("two\n");
    }

    @Test
    void fileThatMayNotBeExecutedIsPassedOverInPath() throws Exception {
        sandbox.root().file("opt/one/tool", "no program").script("opt/two/tool", "echo two");
        var result = sandbox.command("tool").env("PATH", "/opt/one:/opt/two").run();
        assertThat(result.stdout()).isEqualTo("two\n");
    }

    @Test
    void emptyElementOfPathIsTheWorkingDirectory() throws Exception {
        sandbox.root().script("opt/tool", "echo here");
        var result = sandbox.command("tool").env("PATH", "/bin:").cwd("/opt").run();
        assertThat(result.stdout()).isEqualTo("here\n");
    }

    @Test
    void relativeProgramIsFoundFromTheWorkingDirectory() throws Exception {
        sandbox.root().script("opt/sub/tool", "echo here");
        assertThat(sandbox.command("./sub/tool").cwd("/opt").run().stdout()).isEqualTo("here\n");
    }

    @Test
    void missingProgramIs127() {
        var byName = refused(sandbox.command("no-such-tool"));
        assertThat(byName.errno()).isEqualTo(Errno.ENOENT);
        assertThat(byName.shellCode()).isEqualTo(127);
        assertThat(byName).hasMessageContaining("no-such-tool").hasMessageContaining("/usr/bin");
        assertThat(refused(sandbox.command("/opt/missing")).shellCode()).isEqualTo(127);
        assertThat(refused(sandbox.command("/bin/sh/x")).shellCode()).isEqualTo(127);
    }

    @Test
    void programThatMayNotBeExecutedIs126() {
        sandbox.root().file("opt/tool", "no program");
        var byPath = refused(sandbox.command("/opt/tool"));
        assertThat(byPath.errno()).isEqualTo(Errno.EACCES);
        assertThat(byPath.shellCode()).isEqualTo(126);
        var byName = refused(sandbox.command("tool").env("PATH", "/opt:/bin"));
        assertThat(byName.errno()).isEqualTo(Errno.EACCES);
        assertThat(byName.shellCode()).isEqualTo(126);
        assertThat(refused(sandbox.command("/opt")).shellCode()).isEqualTo(126);
    }

    @Test
    void fileThatIsNoProgramIs126() {
        sandbox.root().script("opt/tool", "").file("opt/tool", "not a program at all");
        var refused = refused(sandbox.command("/opt/tool"));
        assertThat(refused.errno()).isEqualTo(Errno.ENOEXEC);
        assertThat(refused.shellCode()).isEqualTo(126);
    }

    @Test
    void scriptWhoseInterpreterIsMissingIs127() {
        sandbox.root().script("opt/tool", "").file("opt/tool", "#!/opt/no-interpreter\n");
        var refused = refused(sandbox.command("/opt/tool"));
        assertThat(refused.shellCode()).isEqualTo(127);
        assertThat(refused).hasMessageContaining("interpreter");
    }

    @Test
    void environmentIsEmptyButForPathAndHome() throws Exception {
        assertThat(sandbox.command("env").run().stdout().lines())
                .containsExactlyInAnyOrder(
                        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                        "HOME=/root");
    }

    @Test
    void environmentOfTheCallerIsAddedAndReplacesDefaults() throws Exception {
        var result =
                sandbox.command("env")
                        .env("PATH", "/bin")
                        .env("GREETING", "a = b\nc")
                        .env("HOME", "/srv")
                        .run();
        assertThat(result.stdout()).contains("PATH=/bin\n", "GREETING=a = b\nc\n", "HOME=/srv\n");
    }

    @Test
    void homeIsTheDirectoryOfTheUser() throws Exception {
        assertThat(sandbox.sh("echo $HOME").user("app").run().stdout()).isEqualTo("/home/app\n");
        assertThat(sandbox.sh("echo $HOME").user("1000").run().stdout()).isEqualTo("/home/app\n");
        assertThat(sandbox.sh("echo $HOME").user(7, 7).run().stdout()).isEqualTo("/\n");
    }

    @Test
    void missingWorkingDirectoryIsMadeForTheUser() throws Exception {
        var result =
                sandbox.sh("pwd; stat -c '%u:%g %a' .; touch mine")
                        .cwd("/work/deep")
                        .user("app")
                        .run();
        assertThat(result.stdout()).isEqualTo("/work/deep\n1000:1000 755\n");
        assertThat(result.success()).isTrue();
        assertThat(sandbox.root().resolve("work/deep/mine")).exists();
    }

    @Test
    void missingWorkingDirectoryIsMadeForTheUserInAReadOnlyRootToo() throws Exception {
        var result =
                sandbox.sh("pwd; stat -c '%u:%g' .; touch mine")
                        .cwd("/work/deep")
                        .user("app")
                        .readOnlyRoot()
                        .run();
        assertThat(result.stdout()).isEqualTo("/work/deep\n1000:1000\n");
        assertThat(result.stderr()).contains("Read-only file system");
    }

    @Test
    void workingDirectoryThatIsThereKeepsItsOwner() throws Exception {
        var result = sandbox.sh("stat -c %u .").cwd("/etc").user("app").readOnlyRoot().run();
        assertThat(result.stdout()).isEqualTo("0\n");
    }

    @Test
    void workingDirectoryBehindALinkIsInsideTheRoot() throws Exception {
        Files.createSymbolicLink(sandbox.root().resolve("link"), directory.toAbsolutePath());
        Files.createSymbolicLink(sandbox.root().resolve("up"), Path.of("../../../../etc"));
        assertThat(sandbox.sh("pwd -P; ls").cwd("/up").run().stdout())
                .isEqualTo("/etc\ngroup\npasswd\n");
        var outside = sandbox.sh("ls -a").cwd("/link");
        assertThatThrownBy(outside::start)
                .isInstanceOf(SyscallFailedException.class)
                .hasMessageContaining("/link");
        assertThat(sandbox.root().resolve(directory.toString().substring(1))).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/proc/self/fd/0", "/proc/self/fd/3", "/proc/1/cwd", "/proc/self/root"})
    void magicLinksAreNoWorkingDirectories(String path) {
        var container = sandbox.command("ls").cwd(path);
        assertThatThrownBy(container::start)
                .isInstanceOf(InvalidSpecException.class)
                .hasMessageContaining(path);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/proc/self/fd/0", "/proc/self/fd/3", "/proc/1/cwd", "/proc/self/root"})
    void magicLinksBehindALinkAreNoWorkingDirectories(String path) throws Exception {
        Files.createSymbolicLink(sandbox.root().resolve("innocent"), Path.of(path));
        var container = sandbox.command("ls").cwd("/innocent");
        assertThatThrownBy(container::start)
                .isInstanceOfSatisfying(
                        SyscallFailedException.class,
                        e -> assertThat(e.errno()).isIn(Errno.ELOOP, Errno.ENOENT, Errno.EEXIST));
    }

    @Test
    void noDescriptorButTheStandardOnesIsOpen() throws Exception {
        assertThat(sandbox.command("ls", "/proc/self/fd").run().stdout().lines())
                .containsExactly("0", "1", "2", "3");
    }
}
