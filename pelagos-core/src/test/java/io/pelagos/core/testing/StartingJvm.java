package io.pelagos.core.testing;

import io.pelagos.core.Container;
import io.pelagos.core.ContainerBuilder;
import io.pelagos.core.Pelagos;
import io.pelagos.core.Rootfs;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.ContainerSpec.Supervision;
import io.pelagos.core.spec.IdMap;
import io.pelagos.core.spec.MiB;
import io.pelagos.core.spec.Namespace;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * The main class of a JVM that starts, limits and ends containers of several kinds until it is
 * killed, and says what it is about to do.
 */
public final class StartingJvm {
    /** How many things it does in a round, each of which it announces with a line. */
    public static final int PHASES = 8;

    private static final int MOST = 6;

    private final Pelagos pelagos;
    private final Deque<Container> running = new ArrayDeque<>();

    private StartingJvm(Pelagos pelagos) {
        this.pelagos = pelagos;
    }

    /**
     * Starts containers.
     *
     * @param args the directory of its files
     * @throws Exception when it cannot
     */
    public static void main(String[] args) throws Exception {
        try (var pelagos = Pelagos.open(PelagosPaths.under(Path.of(args[0])))) {
            var starting = new StartingJvm(pelagos);
            while (true) {
                starting.round();
            }
        }
    }

    private void round() throws InterruptedException {
        announce("runs one to its end");
        host("true").pids(16).run();
        announce("starts one that leaves processes behind");
        start(
                host("sh", "-c", "sleep 600 & sleep 600 & sleep 600")
                        .share(Namespace.PID)
                        .memory(MiB.of(64))
                        .pids(16));
        announce("starts a child");
        start(host("sleep", "600").supervision(Supervision.CHILD).memory(MiB.of(64)));
        announce("starts one in a user namespace");
        var ids = List.of(new IdMap(0, 100_000, 65_536));
        start(host("sleep", "600").userNamespace(ids, ids).init());
        announce("starts one that fills a pipe which nobody reads");
        start(host("yes").pids(16));
        announce("limits one");
        running.getFirst().limits(host("true").memory(MiB.of(32)).spec().resources());
        announce("pauses one");
        running.getFirst().pause();
        announce("ends some");
        while (running.size() > MOST) {
            running.removeLast().close();
        }
    }

    private ContainerBuilder host(String... command) {
        return pelagos.container(Rootfs.host()).command(command);
    }

    private void start(ContainerBuilder container) {
        running.push(container.start());
    }

    private static void announce(String phase) {
        System.out.println(phase);
    }
}
