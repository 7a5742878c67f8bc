package io.pelagos.core;

import io.pelagos.core.ContainerInfo.Health;
import io.pelagos.core.internal.state.ContainerState;
import io.pelagos.core.internal.state.ContainerState.Status;
import io.pelagos.core.spec.Exit;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** The health of one run of a detached container, which is kept in its state. */
final class DetachedHealth implements HealthMonitor.Patient {
    private final Engine engine;
    private final DetachedContainer container;
    private final Instant startedAt;

    DetachedHealth(Engine engine, DetachedContainer container, Instant startedAt) {
        this.engine = engine;
        this.container = container;
        this.startedAt = startedAt;
    }

    /** Begins to check a container that runs, if it has a health check. */
    static void monitor(Engine engine, DetachedContainer container) {
        var state = container.state();
        var check = state.upkeep().healthCheck();
        if (check != null) {
            var startedAt = state.run().startedAt();
            HealthMonitor.start(
                    state.name(),
                    new DetachedHealth(engine, container, startedAt),
                    check,
                    startedAt);
        }
    }

    private boolean isThisRun(ContainerState state) {
        return state.status() == Status.RUNNING && state.run().startedAt().equals(startedAt);
    }

    @Override
    public Optional<Health> health() {
        var state = container.state();
        return isThisRun(state)
                ? Optional.of(Health.valueOf(state.health().name()))
                : Optional.empty();
    }

    @Override
    public void health(Health health) {
        var kept = ContainerState.Health.valueOf(health.name());
        var _ =
                engine.states()
                        .update(
                                container.state().name(),
                                state -> isThisRun(state) ? state.withHealth(kept) : state);
    }

    @Override
    public Optional<Exit> waitFor(Duration atMost) throws InterruptedException {
        return container.waitFor(atMost);
    }

    @Override
    public HealthProbe probe() {
        return new HealthProbe(engine, container::door, container::exec);
    }

    @Override
    public String toString() {
        return container.toString();
    }
}
