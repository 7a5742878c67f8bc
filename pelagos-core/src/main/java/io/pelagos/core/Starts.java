package io.pelagos.core;

import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.HealthCheck;
import io.pelagos.core.spec.Stdio;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Starts that are over when the container is ready, and leave nothing when it never is. */
final class Starts {
    private Starts() {}

    /** Refuses to wait for what never can be. */
    static void checkReady(
            ContainerSpec spec, List<Ready> conditions, @Nullable HealthCheck healthCheck) {
        for (var ready : conditions) {
            if (ready instanceof Ready.Log && !isSeen(spec)) {
                throw AttachedCandidate.withoutOutput(ready);
            }
            if (ready instanceof Ready.Healthy && healthCheck == null) {
                throw AttachedCandidate.withoutHealthCheck("the container");
            }
        }
    }

    private static boolean isSeen(ContainerSpec spec) {
        return spec.process().terminal()
                || Stream.of(spec.stdout(), spec.stderr())
                        .anyMatch(s -> s instanceof Stdio.Pipe || s instanceof Stdio.ToChannel);
    }

    /** Waits for a container of this JVM, and ends it when it is not ready. */
    static void awaitReady(RunningContainer started, List<Ready> conditions, Duration atMost) {
        boolean is = false;
        try {
            started.awaitReady(conditions, atMost);
            is = true;
        } catch (InterruptedException e) {
            throw interrupted(started.name(), e);
        } finally {
            if (!is) {
                started.close();
            }
        }
    }

    /** Waits for a detached container, and removes it when it is not ready. */
    static void awaitReady(DetachedContainer started, List<Ready> conditions, Duration atMost) {
        try {
            started.awaitReady(conditions, atMost);
        } catch (InterruptedException e) {
            var failure = interrupted(started.name(), e);
            remove(started, failure);
            throw failure;
        } catch (RuntimeException | Error e) {
            remove(started, e);
            throw e;
        }
    }

    private static NotReadyException interrupted(String name, InterruptedException cause) {
        Thread.currentThread().interrupt();
        var failure =
                new NotReadyException(
                        "waiting until " + name + " is ready: interrupted", null, List.of());
        failure.initCause(cause);
        return failure;
    }

    private static void remove(DetachedContainer started, Throwable cause) {
        boolean interrupted = Thread.interrupted();
        try {
            started.remove(true);
        } catch (InterruptedException e) {
            interrupted = true;
        } catch (ContainerStateException e) {
            // Somebody has removed it meanwhile, or its own policy has.
            cause.addSuppressed(e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
