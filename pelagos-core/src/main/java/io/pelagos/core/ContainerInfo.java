package io.pelagos.core;

import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.HealthCheck;
import io.pelagos.core.spec.Restart;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is known about a detached container at one time.
 *
 * @param id what identifies it
 * @param name what it is called
 * @param rootfs what its root is, for people
 * @param command the program and its arguments
 * @param labels the caller's notes
 * @param createdAt when it was made
 * @param startedAt when its latest run began
 * @param status whether it runs
 * @param pid its first process, or 0 when it does not run
 * @param exit how its latest run ended, or null while it lasts
 * @param finishedAt when that was, or null while it lasts
 * @param health what its health check says
 * @param healthCheck how its health is found out, or null for not at all
 * @param restart when it is started again
 * @param restarts how many times in a row it was started again by that policy
 * @param stopped whether somebody stopped it
 * @param removedAtExit whether it is removed when it has ended
 */
public record ContainerInfo(
        String id,
        String name,
        String rootfs,
        List<String> command,
        Map<String, String> labels,
        Instant createdAt,
        Instant startedAt,
        Status status,
        int pid,
        @Nullable Exit exit,
        @Nullable Instant finishedAt,
        Health health,
        @Nullable HealthCheck healthCheck,
        Restart restart,
        int restarts,
        boolean stopped,
        boolean removedAtExit) {
    /** Whether a container runs. */
    public enum Status {
        /** It runs, or is just being started. */
        RUNNING,
        /** It has ended. */
        EXITED
    }

    /** What a health check says. */
    public enum Health {
        /** There is none. */
        NONE,
        /** It has neither succeeded nor failed often enough since the start. */
        STARTING,
        /** It has succeeded. */
        HEALTHY,
        /** It has failed too often in a row. */
        UNHEALTHY
    }

    /** Copies the collections. */
    public ContainerInfo {
        command = List.copyOf(command);
        labels = Map.copyOf(labels);
    }

    static ContainerInfo of(io.pelagos.core.internal.state.ContainerState state) {
        var process = state.run().process();
        var end = state.end();
        return new ContainerInfo(
                state.id(),
                state.name(),
                state.rootfs(),
                state.command(),
                state.labels(),
                state.createdAt(),
                state.run().startedAt(),
                Status.valueOf(state.status().name()),
                process == null || end != null ? 0 : process.pid(),
                end == null ? null : end.exit(),
                end == null ? null : end.at(),
                Health.valueOf(state.health().name()),
                state.upkeep().healthCheck(),
                state.upkeep().restart(),
                state.restarts(),
                state.stopped(),
                state.upkeep().removed());
    }
}
