package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.MiB;
import io.pelagos.core.testing.ForkedJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An ordinary user whose JVM is in a cgroup of its own, as systemd delegates it: the directory and
 * three files in it belong to the user, and nothing above does.
 */
@Tag("cgroup")
class DelegatedCgroupIT {
    private static final Path TOP = Path.of("/sys/fs/cgroup");
    private static final int USER = 4242;
    private static final List<String> DELEGATED =
            List.of("cgroup.procs", "cgroup.subtree_control", "cgroup.threads");

    /** Becomes the user, whose command line follows. */
    private static final String SETPRIV =
            "/usr/bin/setpriv --reuid=" + USER + " --regid=" + USER + " --clear-groups ";

    private final Path own = TOP.resolve("delegated-" + ProcessHandle.current().pid());
    @TempDir private Path directory;

    /** What the user does, each thing told in a line. */
    static final class Doing {
        private final Pelagos pelagos;

        private Doing(Pelagos pelagos) {
            this.pelagos = pelagos;
        }

        public static void main(String[] args) {
            try (var pelagos = Pelagos.open(PelagosPaths.under(Path.of(args[0])))) {
                var doing = new Doing(pelagos);
                tell("limited", doing::limited);
                tell("greedy", doing::greedy);
                tell("paused", doing::paused);
            }
        }

        private static void tell(String what, Callable<String> action) {
            String result;
            try {
                result = action.call();
            } catch (Exception e) {
                result = e.toString();
            }
            System.out.println(what + ": " + result.strip().replaceAll("\\s+", " "));
        }

        private ContainerBuilder sh(String script) {
            return pelagos.container(Rootfs.host()).command("sh", "-c", script);
        }

        private String limited() {
            try (var container = sh("sleep 1000").memory(MiB.of(64)).pids(20).required().start()) {
                var stats = container.stats();
                return stats.memory().max() + " " + stats.pids().max() + container.warnings();
            }
        }

        private String greedy() throws InterruptedException {
            return sh("dd if=/dev/zero of=/dev/null bs=128M count=1")
                    .memory(MiB.of(32))
                    .run()
                    .exit()
                    .toString();
        }

        private String paused() throws Exception {
            try (var container = sh("while read x; do echo $x; done").start()) {
                container.pause();
                container.resume();
                container.stdin().write("on\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
                container.stdin().flush();
                return container.stdout().lines().findFirst().orElse("");
            }
        }
    }

    @BeforeEach
    void requireControllers() throws IOException {
        var controllers = TOP.resolve("cgroup.subtree_control");
        assumeTrue(
                Files.exists(controllers)
                        && Files.readString(controllers).contains("memory")
                        && Files.readString(controllers).contains("pids")
                        && Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0),
                "needs root, and cgroup v2 with the controllers memory and pids");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        Files.createDirectory(own);
    }

    @AfterEach
    void remove() throws IOException {
        if (Files.exists(own)) {
            remove(own);
        }
    }

    private static void remove(Path cgroup) throws IOException {
        try (var children = Files.list(cgroup)) {
            for (var child : children.filter(Files::isDirectory).toList()) {
                remove(child);
            }
        }
        Files.delete(cgroup);
    }

    /** Gives a cgroup to the user. */
    private static void delegate(Path cgroup) throws IOException {
        Files.setAttribute(cgroup, "unix:uid", USER);
        for (var file : DELEGATED) {
            Files.setAttribute(cgroup.resolve(file), "unix:uid", USER);
        }
    }

    /**
     * Runs the JVM of the user.
     *
     * @param enter what root does in a shell, which then becomes the user's
     */
    private Map<String, String> asUser(String enter) throws Exception {
        var prefix = List.of("/bin/sh", "-ec", enter, "sh");
        var classes = Files.createDirectory(directory.resolve("classes"));
        var results = new LinkedHashMap<String, String>();
        try (var jvm =
                ForkedJvm.elsewhere(
                        prefix, classes, Doing.class, directory.resolve("p").toString())) {
            for (var line : jvm.output().lines().toList()) {
                int colon = line.indexOf(": ");
                results.put(
                        colon < 0 ? line : line.substring(0, colon),
                        colon < 0 ? "" : line.substring(colon + 2));
            }
            assertThat(jvm.process().waitFor()).as(results.toString()).isZero();
        }
        return results;
    }

    private static String alone(Path cgroup) {
        return "echo $$ > " + cgroup + "/cgroup.procs\nexec " + SETPRIV + "\"$@\"";
    }

    private static void assertLimited(Map<String, String> results) {
        var text = results.toString();
        assertThat(results.get("limited")).as(text).startsWith("64 MiB 20");
        assertThat(results.get("limited")).doesNotContain("Delegate");
        assertThat(results.get("greedy")).as(text).contains("OutOfMemory");
        assertThat(results.get("paused")).as(text).isEqualTo("on");
    }

    @Test
    void limitsAreInForceInADelegatedCgroup() throws Exception {
        delegate(own);
        assertLimited(asUser(alone(own)));
    }

    @Test
    void limitsAreInForceInALeafOfADelegatedSubtreeWithoutControllers() throws Exception {
        delegate(own);
        var leaf = Files.createDirectories(own.resolve("shells/one"));
        for (var cgroup : List.of(leaf.getParent(), leaf)) {
            delegate(cgroup);
        }
        assertThat(Files.readString(leaf.resolve("cgroup.controllers"))).isBlank();
        assertLimited(asUser(alone(leaf)));
    }

    @Test
    void theShellThatTheUserHasStartedTheJvmInIsNotInTheWay() throws Exception {
        delegate(own);
        assertLimited(
                asUser(
                        "echo $$ > "
                                + own
                                + "/cgroup.procs\nexec "
                                + SETPRIV
                                + "sh -c '\"$@\"; cat /proc/self/cgroup' sh \"$@\""));
    }

    @Test
    void whoIsNotTheUsersIsNotMoved() throws Exception {
        delegate(own);
        var results =
                asUser(
                        "echo $$ > "
                                + own
                                + "/cgroup.procs\nsleep 1000 >/dev/null 2>&1 &\n"
                                + "other=$!\n"
                                + SETPRIV
                                + "\"$@\" || true\nkill $other\nwait $other || true");
        assertThat(results.get("limited"))
                .as(results.toString())
                .contains("LimitException", "may not move", "sleep")
                .contains("systemd-run --user --scope -p Delegate=yes");
    }

    @Test
    void whatIsNotDelegatedIsRefusedWithTheCommandThatDelegatesIt() throws Exception {
        var results = asUser(alone(own));
        assertThat(results.get("limited"))
                .as(results.toString())
                .contains("LimitException")
                .contains("systemd-run --user --scope -p Delegate=yes");
    }
}
