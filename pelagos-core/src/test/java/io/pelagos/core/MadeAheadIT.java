package io.pelagos.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.testing.BusyboxRoot;
import io.pelagos.core.testing.Footprint;
import io.pelagos.core.testing.LeakCheck;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Processes and network namespaces that are made ahead are like those made for the occasion. */
@ExtendWith(LeakCheck.class)
class MadeAheadIT {
    private static final String LOOK =
            "readlink /proc/self/ns/net; ls /sys/class/net; cat /sys/class/net/lo/flags;"
                    + " cat /proc/sys/net/ipv4/ip_forward";

    @TempDir private Path directory;
    private BusyboxRoot root;

    @BeforeEach
    void makeRoot() {
        root = BusyboxRoot.in(directory);
    }

    @Test
    void eachContainerHasANetworkOfItsOwnWithNothingButALoopbackThatIsUp() throws Exception {
        try (var pelagos = Pelagos.open(PelagosPaths.under(directory.resolve("pelagos")))) {
            for (int i = 0; i < 8; i++) {
                var lines = look(pelagos).lines().toList();
                assertThat(lines.subList(1, lines.size())).containsExactly("lo", "0x9", "0");
            }
        }
    }

    @Test
    void manyAtOnceDoNotShareOne() throws Exception {
        var seen = new HashSet<Path>();
        seen.add(Files.readSymbolicLink(Path.of("/proc/self/ns/net")));
        try (var pelagos = Pelagos.open(PelagosPaths.under(directory.resolve("pelagos")));
                var threads = Executors.newFixedThreadPool(8)) {
            var starts = new ArrayList<Callable<Container>>();
            for (int i = 0; i < 32; i++) {
                starts.add(() -> pelagos.container(root.rootfs()).command("cat").start());
            }
            for (var start : threads.invokeAll(starts)) {
                // All are kept until the end: the kernel gives the number of a dead one away again.
                var network = Path.of("/proc/" + start.get().pid() + "/ns/net");
                assertThat(seen.add(Files.readSymbolicLink(network))).isTrue();
            }
        }
    }

    @Test
    void aContainerWithTheHostsNetworkTakesNone() throws Exception {
        var host = Files.readSymbolicLink(Path.of("/proc/self/ns/net")).toString();
        try (var pelagos = Pelagos.open(PelagosPaths.under(directory.resolve("pelagos")))) {
            look(pelagos);
            look(pelagos);
            var result =
                    pelagos.container(root.rootfs())
                            .share(Namespace.NETWORK)
                            .command("readlink", "/proc/self/ns/net")
                            .run();
            assertThat(result.stdout().strip()).isEqualTo(host);
        }
    }

    @Test
    void whoKillsTheProcessMadeAheadStopsNothing() throws Exception {
        try (var pelagos = Pelagos.open(PelagosPaths.under(directory.resolve("pelagos")))) {
            for (int i = 0; i < 12; i++) {
                assertThat(look(pelagos)).contains("lo");
                for (var child : Footprint.children()) {
                    var process = ProcessHandle.of(child);
                    process.ifPresent(ProcessHandle::destroyForcibly);
                    process.ifPresent(it -> it.onExit().join());
                }
            }
        }
    }

    @Test
    void aPlanThatDoesNotFitIsStartedAllTheSame() throws Exception {
        try (var pelagos = Pelagos.open(PelagosPaths.under(directory.resolve("pelagos")))) {
            var large = "x".repeat(70_000);
            for (int i = 0; i < 6; i++) {
                var result =
                        pelagos.container(root.rootfs())
                                .env("LARGE", large)
                                .command("sh", "-c", "echo ${#LARGE}")
                                .run();
                assertThat(result.stdout()).isEqualTo("70000\n");
            }
        }
    }

    private String look(Pelagos pelagos) throws Exception {
        return pelagos.container(root.rootfs()).command("sh", "-c", LOOK).run().stdout();
    }
}
