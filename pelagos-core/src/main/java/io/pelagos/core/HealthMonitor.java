package io.pelagos.core;

import io.pelagos.core.ContainerInfo.Health;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.HealthCheck;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Checks the health of one run of a container in turns, and says what comes of it. A virtual thread
 * does that for each container that has a health check.
 */
final class HealthMonitor {
    private static final System.Logger LOG = System.getLogger(HealthMonitor.class.getName());

    private final Patient patient;
    private final HealthCheck check;
    private final Instant startedAt;
    private int failures;

    /** One run of a container, whoever has started it. */
    interface Patient {
        /** Returns what was said last; empty when the run has ended. */
        Optional<Health> health();

        /** Says what its health is now. */
        void health(Health health);

        /** Waits for the end of the run. */
        Optional<Exit> waitFor(Duration atMost) throws InterruptedException;

        /** Returns what tries whether it is well. */
        HealthProbe probe();
    }

    private HealthMonitor(Patient patient, HealthCheck check, Instant startedAt) {
        this.patient = patient;
        this.check = check;
        this.startedAt = startedAt;
    }

    /**
     * Begins to check a container that runs.
     *
     * @param name its name
     * @param startedAt when its run began
     */
    static void start(String name, Patient patient, HealthCheck check, Instant startedAt) {
        var monitor = new HealthMonitor(patient, check, startedAt);
        Thread.ofVirtual().name("pelagos-health-" + name).start(monitor::run);
    }

    private void run() {
        try {
            var health = patient.health();
            while (health.isPresent()) {
                look(health.get());
                boolean starting = patient.health().filter(this::isStarting).isPresent();
                if (patient.waitFor(starting ? check.startInterval() : check.interval())
                        .isPresent()) {
                    return;
                }
                health = patient.health();
            }
        } catch (InterruptedException | IllegalStateException | ContainerStateException e) {
            // Interrupted, closed, or removed by somebody.
            LOG.log(System.Logger.Level.DEBUG, "no longer checking " + patient, e);
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "no longer checking " + patient, e);
        }
    }

    /** Failures do not count in this time, until the first success. */
    private boolean isStarting(Health health) {
        return health == Health.STARTING
                && Duration.between(startedAt, Instant.now()).compareTo(check.startPeriod()) < 0;
    }

    private void look(Health before) {
        if (patient.probe().succeeds(check.test(), check.timeout())) {
            failures = 0;
            say(before, Health.HEALTHY);
        } else if (!isStarting(before) && ++failures >= check.retries()) {
            say(before, Health.UNHEALTHY);
        }
    }

    private void say(Health before, Health now) {
        if (before != now) {
            patient.health(now);
        }
    }
}
