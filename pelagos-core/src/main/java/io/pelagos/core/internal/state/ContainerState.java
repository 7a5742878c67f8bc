package io.pelagos.core.internal.state;

import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.HealthCheck;
import io.pelagos.core.spec.Restart;
import io.pelagos.core.spec.RootSpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Everything that is kept of a detached container.
 *
 * @param id what identifies it
 * @param name what it is called
 * @param rootfs what its root is, for people
 * @param command the program and its arguments
 * @param labels the caller's notes
 * @param createdAt when it was made
 * @param upkeep what is done for it while it lives and after it has ended
 * @param status whether it runs
 * @param run its latest run
 * @param end how that ended, or null while it lasts
 * @param past the runs before that, the latest last, as far as they are kept
 * @param health what its health check says
 * @param restarts how many times in a row it was started again by its restart policy
 * @param stopped whether somebody stopped it
 */
public record ContainerState(
        String id,
        String name,
        String rootfs,
        List<String> command,
        Map<String, String> labels,
        Instant createdAt,
        Upkeep upkeep,
        Status status,
        Run run,
        @Nullable End end,
        List<PastRun> past,
        Health health,
        int restarts,
        boolean stopped) {
    /** How many runs are kept; who looks at a state less often misses some. */
    public static final int PAST_RUNS = 16;

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

    /**
     * What is done for a container.
     *
     * @param restart when it is started again
     * @param healthCheck how its health is found out, or null for not at all
     * @param logBound the size in bytes at which a log is replaced
     * @param removed whether it is removed when it has ended
     */
    public record Upkeep(
            Restart restart, @Nullable HealthCheck healthCheck, long logBound, boolean removed) {}

    /**
     * One run of a container.
     *
     * @param startedAt when it began
     * @param starter the JVM that started it
     * @param process its first process, or null while there is none yet
     * @param supervisor the process that waits for it, or null while there is none yet
     * @param cgroups its cgroups by hierarchy
     * @param mountNamespace the inode of its mount namespace, or 0
     * @param stdin the number that its supervisor has for its standard input, or 0 when that is not
     *     kept open
     * @param terminal whether that is the way to a terminal
     */
    public record Run(
            Instant startedAt,
            ProcessMark starter,
            @Nullable ProcessMark process,
            @Nullable ProcessMark supervisor,
            Map<String, String> cgroups,
            long mountNamespace,
            int stdin,
            boolean terminal) {
        /** Makes a run without a process. */
        public Run(Instant startedAt, ProcessMark starter) {
            this(startedAt, starter, null, null, Map.of(), 0, 0, false);
        }

        /** Copies the map. */
        public Run {
            cgroups = Map.copyOf(cgroups);
        }
    }

    /**
     * How a run ended.
     *
     * @param at when
     * @param exit how
     */
    public record End(Instant at, Exit exit) {}

    /**
     * A run that is over.
     *
     * @param startedAt when it began
     * @param pid its first process
     * @param end how it ended
     * @param stopped whether somebody stopped it
     */
    public record PastRun(Instant startedAt, int pid, End end, boolean stopped) {}

    /** Copies the collections. */
    public ContainerState {
        command = List.copyOf(command);
        past = List.copyOf(past);
        labels = Collections.unmodifiableMap(new TreeMap<>(labels));
    }

    /**
     * Makes the state of a container that is about to be started for the first time.
     *
     * @param id what identifies it
     * @param name what it is called
     * @param spec what it is
     * @param upkeep what is done for it
     * @param starter the JVM that starts it
     * @param now the time
     * @return the state, without a process
     */
    public static ContainerState starting(
            String id,
            String name,
            ContainerSpec spec,
            Upkeep upkeep,
            ProcessMark starter,
            Instant now) {
        return new ContainerState(
                id,
                name,
                rootfsOf(spec.root()),
                spec.process().command(),
                spec.labels(),
                now,
                upkeep,
                Status.RUNNING,
                new Run(now, starter),
                null,
                List.of(),
                upkeep.healthCheck() == null ? Health.NONE : Health.STARTING,
                0,
                false);
    }

    private static String rootfsOf(RootSpec root) {
        return switch (root) {
            case RootSpec.Directory directory -> directory.path().toString();
            case RootSpec.Host() -> "host";
            case RootSpec.Files(_) -> "files";
            case RootSpec.Layers layers -> layers.directories().getLast().toString();
        };
    }

    /** Returns the state at the beginning of another run. */
    public ContainerState again(String newId, ProcessMark starter, Instant now, int restart) {
        return with(
                next -> {
                    next.id = newId;
                    next.status = Status.RUNNING;
                    next.run = new Run(now, starter);
                    next.end = null;
                    next.past = withPast();
                    next.health = upkeep.healthCheck() == null ? Health.NONE : Health.STARTING;
                    next.restarts = restart;
                    next.stopped = false;
                });
    }

    private List<PastRun> withPast() {
        if (end == null) {
            return past;
        }
        var all = new ArrayList<>(past);
        var process = run.process();
        all.add(new PastRun(run.startedAt(), process == null ? 0 : process.pid(), end, stopped));
        return all.subList(Math.max(0, all.size() - PAST_RUNS), all.size());
    }

    /** Returns the state at the end of a run that is over. */
    public ContainerState at(PastRun over) {
        var process = over.pid() == 0 ? null : new ProcessMark("", over.pid(), 0);
        return with(
                then -> {
                    then.status = Status.EXITED;
                    then.run =
                            new Run(
                                    over.startedAt(),
                                    run.starter(),
                                    process,
                                    null,
                                    Map.of(),
                                    0,
                                    0,
                                    false);
                    then.end = over.end();
                    then.past = past.subList(0, Math.max(0, past.indexOf(over)));
                    then.stopped = over.stopped();
                });
    }

    /** Returns the state before the end of its latest run. */
    public ContainerState beforeEnd() {
        return with(
                before -> {
                    before.status = Status.RUNNING;
                    before.end = null;
                    before.stopped = false;
                });
    }

    /** Returns the state with a process. */
    public ContainerState running(
            ProcessMark process,
            @Nullable ProcessMark supervisor,
            Map<String, String> cgroups,
            long mountNamespace) {
        return running(process, supervisor, cgroups, mountNamespace, 0, false);
    }

    /** Returns the state with a process whose standard input is kept open. */
    public ContainerState running(
            ProcessMark process,
            @Nullable ProcessMark supervisor,
            Map<String, String> cgroups,
            long mountNamespace,
            int stdin,
            boolean terminal) {
        return with(
                now ->
                        now.run =
                                new Run(
                                        run.startedAt(),
                                        run.starter(),
                                        process,
                                        supervisor,
                                        cgroups,
                                        mountNamespace,
                                        stdin,
                                        terminal));
    }

    /** Returns the state after the end. */
    public ContainerState ended(End how) {
        return with(
                now -> {
                    now.status = Status.EXITED;
                    now.end = how;
                });
    }

    /** Returns the state with another name, which the next run has too. */
    public ContainerState renamed(String newName) {
        return with(now -> now.name = newName);
    }

    /** Returns the state with another health. */
    public ContainerState withHealth(Health newHealth) {
        return with(now -> now.health = newHealth);
    }

    /** Returns the state after somebody has stopped the container, or wants it to run again. */
    public ContainerState withStopped(boolean nowStopped) {
        return with(now -> now.stopped = nowStopped);
    }

    private ContainerState with(Consumer<Draft> change) {
        var draft = new Draft(this);
        change.accept(draft);
        return draft.state();
    }

    /** Tells whether the start of the container was begun and not finished. */
    public boolean isBeingStarted() {
        return status == Status.RUNNING && run.process() == null;
    }

    /** A copy of a state in which something is about to change; the rest never does. */
    private static final class Draft {
        private final ContainerState from;
        private String id;
        private String name;
        private Status status;
        private Run run;
        private @Nullable End end;
        private List<PastRun> past;
        private Health health;
        private int restarts;
        private boolean stopped;

        private Draft(ContainerState from) {
            this.from = from;
            id = from.id;
            name = from.name;
            status = from.status;
            run = from.run;
            end = from.end;
            past = from.past;
            health = from.health;
            restarts = from.restarts;
            stopped = from.stopped;
        }

        private ContainerState state() {
            return new ContainerState(
                    id,
                    name,
                    from.rootfs,
                    from.command,
                    from.labels,
                    from.createdAt,
                    from.upkeep,
                    status,
                    run,
                    end,
                    past,
                    health,
                    restarts,
                    stopped);
        }
    }
}
