package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.spec.FileMode;
import io.pelagos.core.testing.InSandbox;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Users and groups come from the container's own files, whatever those are. */
class UsersIT extends InSandbox {
    private String id(ContainerBuilder container) throws Exception {
        var result = container.command("sh", "-c", "echo $(id -u):$(id -g) $(id -G)").run();
        assertThat(result.stderr()).isEmpty();
        return result.stdout().strip();
    }

    private ContainerBuilder container() {
        return sandbox.command("true");
    }

    @Test
    void rootIsTheDefaultWithoutAnyOtherGroup() throws Exception {
        assertThat(id(container())).isEqualTo("0:0 0");
    }

    @Test
    void userIsGivenByNumbers() throws Exception {
        assertThat(id(container().user(12345, 54321))).isEqualTo("12345:54321 54321");
    }

    @Test
    void userIsGivenByNameOfTheContainersPasswd() throws Exception {
        assertThat(id(container().user("app"))).isEqualTo("1000:1000 1000");
        assertThat(id(container().user("app:web"))).isEqualTo("1000:33 33");
        assertThat(id(container().user("app:7"))).isEqualTo("1000:7 7");
    }

    @Test
    void groupOfANumberComesFromTheContainersPasswdWhenItIsThere() throws Exception {
        assertThat(id(container().user("1000"))).isEqualTo("1000:1000 1000");
        assertThat(id(container().user("4711"))).isEqualTo("4711:0 0");
    }

    @Test
    void supplementaryGroupsAreThoseGivenByNumberOrName() throws Exception {
        assertThat(id(container().user("app").groups("web", "4242")))
                .isEqualTo("1000:1000 1000 33 4242");
    }

    @Test
    void usersOfTheHostAreUnknown() throws Exception {
        assertThat(Files.readString(Path.of("/etc/passwd"))).contains("daemon:");
        assertRefused("daemon", "is not in /etc/passwd of the container");
        assertRefused("app:daemon", "is not in /etc/group of the container");
        assertThatThrownBy(container().groups("adm")::start)
                .isInstanceOf(InvalidSpecException.class)
                .hasMessageContaining("\"adm\"");
    }

    @Test
    void umaskIsSet() throws Exception {
        assertThat(sandbox.sh("umask").run().stdout()).isEqualTo("0022\n");
        assertThat(sandbox.sh("umask").umask(FileMode.of("0077")).run().stdout())
                .isEqualTo("0077\n");
    }

    @Test
    void passwdThatIsAFifoIsRefusedWithoutWaiting() throws Exception {
        Files.delete(passwd());
        var made = new ProcessBuilder("mkfifo", passwd().toString()).start();
        assertThat(made.waitFor()).isZero();
        assertRefused("app", "/etc/passwd of the container is no regular file");
    }

    @Test
    void passwdThatIsADirectoryIsRefused() throws Exception {
        Files.delete(passwd());
        Files.createDirectory(passwd());
        assertRefused("app", "/etc/passwd of the container is no regular file");
    }

    @Test
    void passwdThatIsADeviceIsRefused() throws Exception {
        Files.delete(passwd());
        var made = new ProcessBuilder("mknod", passwd().toString(), "c", "1", "5").start();
        assertThat(made.waitFor()).isZero();
        assertRefused("app", "/etc/passwd of the container is no regular file");
    }

    @Test
    void hugePasswdIsRefused() throws Exception {
        try (var file = new RandomAccessFile(passwd().toFile(), "rw")) {
            file.setLength(1L << 40);
        }
        assertRefused("app", "/etc/passwd of the container is larger than");
    }

    @Test
    void linksOfPasswdLeadNowhereButIntoTheRoot() throws Exception {
        var outside = Files.writeString(directory.resolve("outside"), "evil:x:0:0::/:/bin/sh\n");
        Files.delete(passwd());
        Files.createSymbolicLink(passwd(), outside);
        assertRefused("evil", "is not in /etc/passwd of the container");
        Files.delete(passwd());
        Files.createSymbolicLink(passwd(), Path.of("../../outside"));
        assertRefused("evil", "is not in /etc/passwd of the container");
        Files.delete(passwd());
        sandbox.root().file("usr/share/accounts", "good:x:77:78::/:/bin/sh\n");
        Files.createSymbolicLink(passwd(), Path.of("/usr/share/accounts"));
        assertThat(id(container().user("good"))).isEqualTo("77:78 78");
    }

    @Test
    void linksThroughProcfsAreRefused() throws Exception {
        Files.delete(passwd());
        Files.createSymbolicLink(passwd(), Path.of("/proc/self/root/etc/passwd"));
        assertThatThrownBy(container().user("daemon")::start)
                .isInstanceOf(InvalidSpecException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "app:x",
                "app:x:many:1000:",
                "app:x:-1:1000:",
                "app:x:4294967295:0:",
                "app:x:99999999999999999999:0:"
            })
    void lineWithoutUsableNumbersIsRefused(String line) {
        sandbox.root().file("etc/passwd", line + "\n");
        assertThatThrownBy(container().user("app")::start)
                .isInstanceOf(InvalidSpecException.class)
                .hasMessageContaining("app");
    }

    @Test
    void missingPasswdLeavesNumbers() throws Exception {
        Files.delete(passwd());
        assertThat(id(container().user("1000"))).isEqualTo("1000:0 0");
        assertRefused("app", "is not in /etc/passwd of the container");
    }

    @Test
    void numbersBeyondTheLastIdAreRefused() {
        assertRefused("4294967295", "must be 0 to 4294967294");
        assertThatThrownBy(container().user(-1, 0)::start)
                .isInstanceOf(InvalidSpecException.class)
                .hasMessageContaining("-1");
    }

    private Path passwd() {
        return sandbox.root().resolve("etc/passwd");
    }

    private void assertRefused(String user, String reason) {
        assertThatThrownBy(container().user(user)::start)
                .isInstanceOf(InvalidSpecException.class)
                .hasMessageContaining(reason);
        assertThat(sandbox.pelagos().running()).isEmpty();
    }
}
