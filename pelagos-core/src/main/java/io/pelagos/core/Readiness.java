package io.pelagos.core;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;

/**
 * Waits until a container is ready, and fails as soon as it never will be.
 *
 * <p>Lines, health and the end are told by events. Of a port that is opened the kernel tells nobody
 * who could be asked here: {@code sock_diag(7)} announces sockets that are destroyed, not those
 * that listen; inotify(7) and poll(2) do not work on the tables of procfs; tracing the call with
 * BPF takes power over the whole machine; and a seccomp listener would hold up each listen(2) of
 * the container. So it is looked at in turns, each after an eighth of the time that was waited so
 * far, within bounds, which finds a port that opens late no more than an eighth later; between two
 * looks the end of the container is waited for.
 */
final class Readiness {
    static final int LAST_LINES = 50;

    private static final int LARGEST_TABLE = 1 << 24;
    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(2);
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(250);
    private static final int SHARE = 8;
    private static final Duration REQUEST = Duration.ofSeconds(10);

    /** {@code TCP_LISTEN} of {@code net/tcp_states.h}. */
    private static final String LISTEN = "0A";

    private final Engine engine;
    private final Candidate candidate;
    private final List<Ready> conditions;
    private final Duration atMost;
    private final long start = System.nanoTime();

    Readiness(Engine engine, Candidate candidate, List<Ready> conditions, Duration atMost) {
        this.engine = engine;
        this.candidate = candidate;
        this.conditions = conditions;
        this.atMost = atMost;
    }

    /** Waits for one condition after the other, all in the same time. */
    void await() throws InterruptedException {
        for (var ready : conditions) {
            if (!holds(ready)) {
                throw failure(ready);
            }
        }
    }

    private boolean holds(Ready ready) throws InterruptedException {
        return switch (ready) {
            case Ready.Log(var pattern) -> candidate.awaitLine(pattern, left());
            case Ready.Port(var port) -> until(() -> isListening(port));
            case Ready.Http(var request) ->
                    until(() -> candidate.probe().succeeds(request, shorter(left(), REQUEST)));
            case Ready.Healthy() -> candidate.awaitHealthy(left());
            case Ready.Exited() -> candidate.awaitEnd(left()).filter(e -> e.success()).isPresent();
        };
    }

    private Duration waited() {
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private Duration left() {
        var left = atMost.minus(waited());
        return left.isNegative() ? Duration.ZERO : left;
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    private boolean until(BooleanSupplier condition) throws InterruptedException {
        while (true) {
            if (condition.getAsBoolean()) {
                return true;
            }
            var left = left();
            if (candidate.awaitEnd(shorter(left, pause())).isPresent() || left.isZero()) {
                return false;
            }
        }
    }

    private Duration pause() {
        var share = shorter(waited().dividedBy(SHARE), LONGEST_PAUSE);
        return share.compareTo(SHORTEST_PAUSE) < 0 ? SHORTEST_PAUSE : share;
    }

    private boolean isListening(int port) {
        Execs execs;
        try {
            execs = candidate.door();
        } catch (ContainerStateException e) {
            return false; // it has ended, as is seen next
        }
        try {
            var directory = "/proc/" + execs.target().pid() + "/net/";
            return (isListening(directory + "tcp", port) || isListening(directory + "tcp6", port))
                    // Then the number meant this process when its table was read.
                    && engine.calls().pidfdSendSignal(execs.target().pidfd(), 0);
        } finally {
            execs.release();
        }
    }

    /** Reads {@code sl local_address rem_address st …}, see proc_pid_net(5). */
    private boolean isListening(String table, int port) {
        var suffix = String.format(Locale.ROOT, ":%04X", port);
        try {
            return engine.calls()
                    .readFile(null, table, LARGEST_TABLE)
                    .lines()
                    .map(line -> line.strip().split("\\s+"))
                    .anyMatch(
                            fields ->
                                    fields.length > 3
                                            && fields[1].endsWith(suffix)
                                            && fields[3].equals(LISTEN));
        } catch (ErrnoException e) {
            if (e.errno() == Errno.ENOENT
                    || e.errno() == Errno.ESRCH
                    || e.errno() == Errno.EINVAL) {
                return false;
            }
            throw e;
        }
    }

    private NotReadyException failure(Ready ready) throws InterruptedException {
        var end = candidate.awaitEnd(Duration.ZERO);
        var lines = candidate.lastLines(LAST_LINES);
        var what = "waiting for " + ready + " of " + candidate.name();
        return end.map(exit -> new NotReadyException(what + ": it ended with " + exit, exit, lines))
                .orElseGet(
                        () -> new NotReadyException(what + ": not within " + atMost, null, lines));
    }
}
