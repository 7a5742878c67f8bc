package io.pelagos.core;

import io.pelagos.core.ContainerInfo.Health;
import io.pelagos.core.spec.Exit;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** The health of a container of this JVM, kept as long as somebody holds on to the container. */
final class AttachedHealth implements HealthMonitor.Patient {
    private final RunningContainer container;
    private volatile CompletableFuture<Void> healthy = new CompletableFuture<>();
    private volatile Health health = Health.STARTING;

    AttachedHealth(RunningContainer container) {
        this.container = container;
    }

    Health now() {
        return health;
    }

    /** Completes when the container is healthy, now or the next time. */
    CompletableFuture<Void> onHealthy() {
        return healthy;
    }

    @Override
    public Optional<Health> health() {
        return container.isAlive() ? Optional.of(health) : Optional.empty();
    }

    @Override
    public void health(Health now) {
        health = now;
        if (now == Health.HEALTHY) {
            healthy.complete(null);
        } else if (healthy.isDone()) {
            healthy = new CompletableFuture<>();
        }
    }

    @Override
    public Optional<Exit> waitFor(Duration atMost) throws InterruptedException {
        return container.waitFor(atMost);
    }

    @Override
    public HealthProbe probe() {
        return container.probe();
    }

    @Override
    public String toString() {
        return container.toString();
    }
}
