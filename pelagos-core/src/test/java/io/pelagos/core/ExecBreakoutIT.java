package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.LinuxKernel;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.IdMap;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.Signal;
import io.pelagos.core.testing.BusyboxRoot;
import io.pelagos.core.testing.HoldingKernel;
import io.pelagos.core.testing.LeakCheck;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a container that is hostile can do to a process that comes into it. */
@ExtendWith(LeakCheck.class)
class ExecBreakoutIT {
    /** Prints what it gets to see of a process: nothing, if all is well. */
    private static final String LOOK =
            """
            cd /proc/$1 || exit 9
            for link in cwd root exe fd/[0-9]*; do readlink $link; ls $link/; cat $link; done
            cat environ maps
            dd if=mem bs=1 count=1 skip=4194816
            echo > comm
            true
            """;

    @TempDir private Path directory;
    private HoldingKernel kernel;
    private BusyboxRoot root;
    private Pelagos pelagos;

    @BeforeEach
    void open() throws Exception {
        Assumptions.assumeTrue(
                Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "needs root");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
        root = BusyboxRoot.in(directory);
        kernel = new HoldingKernel(new LinuxKernel());
        pelagos = Pelagos.open(PelagosPaths.under(directory.resolve("pelagos")), kernel);
    }

    @AfterEach
    void close() {
        pelagos.close();
    }

    private ContainerBuilder sleeping() {
        return pelagos.container(root.rootfs()).command("sleep", "1000");
    }

    /** CVE-2016-9962: a process was in the container before it had let go of the host. */
    @ParameterizedTest
    @CsvSource({
        "entering the cgroup namespace of the container, false",
        "starting a session, false",
        "closing descriptors, false",
        "executing true, false",
        "entering the user namespace of the container, true",
        "becoming root of the user namespace, true",
        "closing descriptors, true",
        "executing true, true"
    })
    void processCannotBeLookedIntoBeforeItIsConfined(String purpose, boolean userNamespace)
            throws Exception {
        var builder = sleeping();
        if (userNamespace) {
            var maps = List.of(new IdMap(0, 100_000, 65_536));
            builder.userNamespace(maps, maps);
        }
        try (var executor = Executors.newVirtualThreadPerTaskExecutor();
                var container = builder.start()) {
            kernel.hold(purpose);
            Callable<Exec> start = () -> container.exec("true").start();
            var held = executor.submit(start);
            var pid = heldProcess(container);
            kernel.hold("");
            var looking = container.exec("sh", "-c", LOOK, "sh", pid).run();
            assertThat(looking.stdout()).isEmpty();
            assertThat(looking.stderr()).contains("ermission denied").doesNotContain("No such");
            container.kill();
            requireKilled(held);
        }
    }

    /** What was killed before it was executed can be told from what was killed after by nobody. */
    private static void requireKilled(Future<Exec> held) throws Exception {
        try (var exec = held.get()) {
            assertThat(exec.waitFor()).isEqualTo(new Exit.Killed(Signal.KILL, false));
        }
    }

    /** Waits until the held process is in the container's cgroup, and gives its number inside. */
    private String heldProcess(Container container) throws Exception {
        while (true) {
            for (var child : ProcessHandle.current().descendants().toList()) {
                var status = Path.of("/proc/" + child.pid() + "/status");
                var text = Files.exists(status) ? Files.readString(status) : "";
                var inside =
                        text.lines()
                                .filter(line -> line.startsWith("NSpid:"))
                                .map(line -> line.split("\\s+"))
                                .filter(words -> words.length == 3)
                                .map(words -> words[2])
                                .findFirst();
                if (child.pid() != container.pid()
                        && inside.isPresent()
                        && waitsInPoll(child.pid())) {
                    return inside.get();
                }
            }
            Thread.onSpinWait();
        }
    }

    /** Tells whether it waits for nothing, as only what is held does. */
    private static boolean waitsInPoll(long pid) throws Exception {
        var text = Files.readString(Path.of("/proc/" + pid + "/syscall"));
        return text.matches("(?s)(271|73) 0x0 0x0 0x0 0x0 .*");
    }

    /** CVE-2019-5736: a container that is the program of the runtime would overwrite that. */
    @Test
    void programThatIsTheRuntimeItselfIsRefused() throws Exception {
        root.file("evil", "#!/proc/self/exe\n");
        Files.setPosixFilePermissions(
                root.resolve("evil"), PosixFilePermissions.fromString("rwxr-xr-x"));
        try (var container = sleeping().start()) {
            for (var program : List.of("/proc/self/exe", "/evil")) {
                assertThatThrownBy(() -> container.exec(program).run())
                        .as(program)
                        .isInstanceOfSatisfying(
                                CommandException.class,
                                e -> assertThat(e.errno()).isEqualTo(Errno.EACCES));
            }
        }
    }

    /** CVE-2024-21626: the working directory was a descriptor that the runtime had left open. */
    @Test
    void workingDirectoryCannotBeADescriptor() throws Exception {
        try (var container = sleeping().start()) {
            for (int fd = 0; fd < 40; fd++) {
                var cwd = "/proc/self/fd/" + fd;
                container
                        .exec("sh", "-c", "ln -sfn $1 /tmp/a; ln -sfn $1/../.. /tmp/b", "sh", cwd)
                        .run();
                for (var path : List.of(cwd, "/tmp/a", "/tmp/b")) {
                    assertThatThrownBy(() -> container.exec("pwd").cwd(path).run())
                            .as(path)
                            .isInstanceOf(SyscallFailedException.class)
                            .hasMessageContaining("entering the working directory");
                }
            }
        }
    }

    @Test
    void processHasItsStandardStreamsAndNothingElse() throws Exception {
        try (var container = sleeping().start()) {
            var result = container.exec("sh", "-c", "ls /proc/$$/fd; readlink /proc/$$/cwd").run();
            assertThat(result.stdout().lines()).containsExactly("0", "1", "2", "/");
        }
    }

    /** A process of the container may stop every other; that must not keep it from ending. */
    @Test
    void processThatIsStoppedBeforeItIsExecutedEndsWithTheContainer() throws Exception {
        try (var executor = Executors.newVirtualThreadPerTaskExecutor();
                var container = sleeping().share(Namespace.PID).start()) {
            kernel.hold("executing true");
            Callable<Exec> start = () -> container.exec("true").start();
            var held = executor.submit(start);
            while (ProcessHandle.current().descendants().noneMatch(this::isHeld)) {
                Thread.onSpinWait();
            }
            // The first process alone.
            assertThat(container.signal(Signal.KILL)).isTrue();
            container.waitFor();
            requireKilled(held);
        }
    }

    private boolean isHeld(ProcessHandle process) {
        try {
            return waitsInPoll(process.pid());
        } catch (Exception e) {
            return false;
        }
    }
}
