package io.pelagos.core;

import io.pelagos.core.internal.state.ContainerState;
import io.pelagos.core.internal.state.ContainerState.Health;
import io.pelagos.core.internal.state.ContainerState.Status;
import io.pelagos.core.internal.state.Inotify;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.HealthCheck;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Waits until a detached container is ready, and fails as soon as it never will be. */
final class Readiness {
    private static final int LAST_LINES = 50;
    private static final int LARGEST_TABLE = 1 << 24;

    /** The kernel tells nobody when a port is opened: its table is looked at so often. */
    private static final Duration LOOK_AGAIN = Duration.ofMillis(20);

    /** {@code TCP_LISTEN} of {@code net/tcp_states.h}. */
    private static final String LISTEN = "0A";

    private final Engine engine;
    private final DetachedContainer container;
    private final Duration atMost;
    private final long deadline;

    Readiness(Engine engine, DetachedContainer container, Duration atMost) {
        this.engine = engine;
        this.container = container;
        this.atMost = atMost;
        deadline = System.nanoTime() + atMost.toNanos();
    }

    void await(Ready ready) throws InterruptedException {
        boolean is =
                switch (ready) {
                    case Ready.Log(var pattern) ->
                            container
                                    .logs()
                                    .followUntil(
                                            line -> pattern.matcher(line.text()).find(), left())
                                    .isPresent();
                    case Ready.Port(var port) ->
                            until(LOOK_AGAIN, state -> isListening(state, port));
                    case Ready.Http(var request) -> until(LOOK_AGAIN, s -> answers(s, request));
                    case Ready.Healthy() -> until(null, s -> s.health() == Health.HEALTHY);
                    case Ready.Exited() ->
                            container.waitFor(left()).filter(Exit::success).isPresent();
                };
        if (!is) {
            throw failure(ready);
        }
    }

    private Duration left() {
        return Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
    }

    private boolean until(@Nullable Duration again, Predicate<ContainerState> condition)
            throws InterruptedException {
        try (var directory = engine.states().directory(container.state().name());
                var inotify = Inotify.open(engine.calls())) {
            int watch = inotify.watch(directory, Inotify.MOVED_TO);
            assert watch >= 0;
            while (true) {
                var state = container.state();
                if (state.status() != Status.RUNNING) {
                    return false;
                }
                if (condition.test(state)) {
                    return true;
                }
                if (left().isZero()) {
                    return false;
                }
                await(
                        state,
                        inotify,
                        again == null || left().compareTo(again) < 0 ? left() : again);
            }
        }
    }

    private void await(ContainerState state, Inotify inotify, Duration pause)
            throws InterruptedException {
        var process = state.run().process();
        var pidfd = process == null ? Optional.<Fd>empty() : process.open(engine.calls());
        var fds = new ArrayList<Fd>(List.of(inotify.fd()));
        pidfd.ifPresent(fds::add);
        try {
            AnyReadable.await(engine.poller(), fds, pause);
            var ignored = inotify.take();
            assert ignored != null;
        } finally {
            pidfd.ifPresent(Fd::close);
        }
    }

    private boolean answers(ContainerState state, HealthCheck.Http request) {
        return new HealthProbe(engine, state).succeeds(request, Duration.ofSeconds(10));
    }

    private boolean isListening(ContainerState state, int port) {
        var process = state.run().process();
        if (process == null) {
            return false;
        }
        var directory = "/proc/" + process.pid() + "/net/";
        return isListening(directory + "tcp", port) || isListening(directory + "tcp6", port);
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
        var end = container.state().end();
        var lines = container.logs().tail(LAST_LINES).lines().stream().map(LogLine::text).toList();
        var what = "waiting for " + ready + " of " + container.name();
        return end == null
                ? new NotReadyException(what + ": not within " + atMost, null, lines)
                : new NotReadyException(what + ": it ended with " + end.exit(), end.exit(), lines);
    }
}
