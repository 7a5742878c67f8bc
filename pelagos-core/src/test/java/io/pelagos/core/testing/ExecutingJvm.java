package io.pelagos.core.testing;

import io.pelagos.core.Container;
import io.pelagos.core.Exec;
import io.pelagos.core.Pelagos;
import io.pelagos.core.Rootfs;
import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.IdMap;
import io.pelagos.core.spec.MiB;
import io.pelagos.core.spec.Namespace;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * The main class of a JVM that starts and ends further processes in containers of several kinds
 * until it is killed, and says what it is about to do.
 */
public final class ExecutingJvm {
    /** How many things it does in a round, each of which it announces with a line. */
    public static final int PHASES = 6;

    private static final int MOST = 6;

    private final Container plain;
    private final Container mapped;
    private final Container open;
    private final Deque<Exec> running = new ArrayDeque<>();

    private ExecutingJvm(Pelagos pelagos) {
        var host = Rootfs.host();
        plain = pelagos.container(host).command("sleep", "600").memory(MiB.of(128)).start();
        var ids = List.of(new IdMap(0, 100_000, 65_536));
        mapped = pelagos.container(host).command("sleep", "600").userNamespace(ids, ids).start();
        open =
                pelagos.container(host)
                        .command("sleep", "600")
                        .share(Namespace.PID)
                        .pids(64)
                        .start();
    }

    /**
     * Starts processes.
     *
     * @param args the directory of its files
     * @throws Exception when it cannot
     */
    public static void main(String[] args) throws Exception {
        try (var pelagos = Pelagos.open(PelagosPaths.under(Path.of(args[0])))) {
            var executing = new ExecutingJvm(pelagos);
            while (true) {
                executing.round();
            }
        }
    }

    private void round() throws InterruptedException {
        announce("runs one to its end");
        plain.exec("true").run();
        announce("starts one in a user namespace");
        running.push(mapped.exec("sleep", "600").start());
        announce("starts one that leaves processes behind where nothing ends them by itself");
        running.push(open.exec("sh", "-c", "sleep 600 & sleep 600 & sleep 600").start());
        announce("starts one with a terminal");
        running.push(plain.exec("sleep", "600").terminal().start());
        announce("starts one that fills a pipe which nobody reads");
        running.push(plain.exec("yes").start());
        announce("ends some");
        while (running.size() > MOST) {
            running.removeLast().close();
        }
    }

    private static void announce(String phase) {
        System.out.println(phase);
    }
}
