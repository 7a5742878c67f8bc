package io.pelagos.core;

import io.pelagos.core.internal.state.ContainerState;
import io.pelagos.core.internal.state.ContainerState.Health;
import io.pelagos.core.internal.state.ContainerState.Status;
import io.pelagos.core.spec.HealthCheck;
import java.time.Duration;
import java.time.Instant;

/** Checks the health of one run of a detached container in turns, and writes what comes of it. */
final class HealthMonitor {
    private static final System.Logger LOG = System.getLogger(HealthMonitor.class.getName());

    private final Engine engine;
    private final DetachedContainer container;
    private final HealthCheck check;
    private final Instant startedAt;
    private int failures;

    private HealthMonitor(
            Engine engine, DetachedContainer container, HealthCheck check, Instant startedAt) {
        this.engine = engine;
        this.container = container;
        this.check = check;
        this.startedAt = startedAt;
    }

    /** Begins to check a container that runs, if it has a health check. */
    static void start(Engine engine, DetachedContainer container) {
        var state = container.state();
        var check = state.upkeep().healthCheck();
        if (check != null) {
            var monitor = new HealthMonitor(engine, container, check, state.run().startedAt());
            Thread.ofVirtual().name("pelagos-health-" + state.name()).start(monitor::run);
        }
    }

    private void run() {
        try {
            var state = container.state();
            while (isMine(state)) {
                look(state);
                boolean starting = isStarting(container.state());
                var ended = container.waitFor(starting ? check.startInterval() : check.interval());
                if (ended.isPresent()) {
                    return;
                }
                state = container.state();
            }
        } catch (InterruptedException | IllegalStateException | ContainerStateException e) {
            // Interrupted, closed, or removed by somebody.
            LOG.log(System.Logger.Level.DEBUG, "no longer checking " + container, e);
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "no longer checking " + container, e);
        }
    }

    private boolean isMine(ContainerState state) {
        return state.status() == Status.RUNNING && state.run().startedAt().equals(startedAt);
    }

    /** Failures do not count in this time, until the first success. */
    private boolean isStarting(ContainerState state) {
        return state.health() == Health.STARTING
                && Duration.between(startedAt, Instant.now()).compareTo(check.startPeriod()) < 0;
    }

    private void look(ContainerState state) {
        if (new HealthProbe(engine, state).succeeds(check.test(), check.timeout())) {
            failures = 0;
            write(state, Health.HEALTHY);
        } else if (!isStarting(state) && ++failures >= check.retries()) {
            write(state, Health.UNHEALTHY);
        }
    }

    private void write(ContainerState seen, Health health) {
        if (seen.health() != health) {
            var _ = engine.states().update(seen.name(), s -> isMine(s) ? s.withHealth(health) : s);
        }
    }
}
