package io.pelagos.core;

import io.pelagos.core.internal.state.ContainerState;
import io.pelagos.core.internal.state.ContainerState.Health;
import io.pelagos.core.internal.state.ContainerState.Status;
import io.pelagos.core.internal.state.Inotify;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.spec.Exit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Waits for what a detached container leaves on disk, by inotify(7) and pidfds. */
final class DetachedCandidate implements Candidate {
    private final Engine engine;
    private final DetachedContainer container;

    DetachedCandidate(Engine engine, DetachedContainer container) {
        this.engine = engine;
        this.container = container;
    }

    @Override
    public String name() {
        return container.name();
    }

    @Override
    public boolean awaitLine(Pattern pattern, Duration atMost) throws InterruptedException {
        return container
                .logs()
                .followUntil(line -> pattern.matcher(line.text()).find(), atMost)
                .isPresent();
    }

    @Override
    public boolean awaitHealthy(Duration atMost) throws InterruptedException {
        long deadline = System.nanoTime() + atMost.toNanos();
        if (container.state().health() == Health.NONE) {
            throw AttachedCandidate.withoutHealthCheck(name());
        }
        try (var directory = engine.states().directory(container.state().name());
                var inotify = Inotify.open(engine.calls())) {
            int watch = inotify.watch(directory, Inotify.MOVED_TO);
            assert watch >= 0;
            while (true) {
                var state = container.state();
                long left = deadline - System.nanoTime();
                if (state.health() == Health.HEALTHY && state.status() == Status.RUNNING) {
                    return true;
                }
                if (state.status() != Status.RUNNING || left <= 0) {
                    return false;
                }
                awaitChange(state, inotify, Duration.ofNanos(left));
            }
        }
    }

    private void awaitChange(ContainerState state, Inotify inotify, Duration atMost)
            throws InterruptedException {
        var process = state.run().process();
        var pidfd = process == null ? Optional.<Fd>empty() : process.open(engine.calls());
        var fds = new ArrayList<Fd>(List.of(inotify.fd()));
        pidfd.ifPresent(fds::add);
        try {
            AnyReadable.await(engine.poller(), fds, atMost);
            var ignored = inotify.take();
            assert ignored != null;
        } finally {
            pidfd.ifPresent(Fd::close);
        }
    }

    @Override
    public Optional<Exit> awaitEnd(Duration atMost) throws InterruptedException {
        return container.waitFor(atMost);
    }

    @Override
    public Execs door() {
        return container.door();
    }

    @Override
    public HealthProbe probe() {
        return new HealthProbe(engine, container::door, container::exec);
    }

    @Override
    public List<String> lastLines(int most) {
        return container.logs().tail(most).lines().stream().map(LogLine::text).toList();
    }

    @Override
    public void close() {
        // It holds nothing.
    }
}
