package io.pelagos.core;

import io.pelagos.core.internal.launch.Logs;
import io.pelagos.core.internal.state.ContainerState;
import io.pelagos.core.internal.state.ProcessMark;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.Restart;
import java.time.Instant;
import java.util.function.Function;
import java.util.function.IntFunction;

/** Starts detached containers, for the first time and again. */
final class Detaching {
    /** What is done for a container of which nothing was said. */
    static final ContainerState.Upkeep NO_UPKEEP =
            new ContainerState.Upkeep(Restart.NO, null, Logs.USUAL_BOUND, false);

    private final Engine engine;

    Detaching(Engine engine) {
        this.engine = engine;
    }

    /** Starts a new container. */
    RunningContainer start(ContainerSpec spec, ContainerState.Upkeep upkeep) {
        try {
            return startNamed(spec, upkeep);
        } catch (ErrnoException e) {
            throw translated(spec, e);
        }
    }

    private static SyscallFailedException translated(ContainerSpec spec, ErrnoException e) {
        var name = spec.name() == null ? "" : " " + spec.name();
        return SyscallFailedException.of("starting the container" + name, e);
    }

    private RunningContainer startNamed(ContainerSpec spec, ContainerState.Upkeep upkeep) {
        var store = engine.states();
        var name = spec.name() == null ? store.nextName() : spec.name();
        var id = engine.newId();
        return store.locked(
                name,
                () -> {
                    var state =
                            ContainerState.starting(
                                    id,
                                    name,
                                    spec,
                                    upkeep,
                                    ProcessMark.own(engine.calls()),
                                    Instant.now());
                    return new Starter(
                                    engine,
                                    spec,
                                    id,
                                    name,
                                    () -> Detachment.first(engine, state, spec))
                            .start();
                });
    }

    /** Starts a new container, and lets its policies take effect. */
    DetachedContainer startAndKeep(ContainerSpec spec, ContainerState.Upkeep upkeep) {
        var started = start(spec, upkeep);
        try {
            return keep(started);
        } catch (ErrnoException e) {
            takeBack(started, e);
            throw translated(spec, e);
        } catch (RuntimeException | Error e) {
            takeBack(started, e);
            throw e;
        }
    }

    /** Ends and removes a container that nobody hears of: its start has failed after all. */
    private void takeBack(RunningContainer started, Throwable cause) {
        try {
            new DetachedContainer(engine, started.detachment().state()).remove(true);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            cause.addSuppressed(e);
        } catch (RuntimeException e) {
            cause.addSuppressed(e);
        }
    }

    /** Starts a container again that has ended, and lets its policies take effect. */
    DetachedContainer againAndKeep(String name, int restarts) {
        try {
            return keep(again(name, restarts));
        } catch (ErrnoException e) {
            throw SyscallFailedException.of("starting the container " + name + " again", e);
        }
    }

    private DetachedContainer keep(RunningContainer started) {
        var container =
                new DetachedContainer(
                        engine,
                        engine.states()
                                .read(started.name())
                                .orElseThrow(
                                        () -> ContainerStateException.missing(started.name())));
        Keeper.keep(engine, container);
        DetachedHealth.monitor(engine, container);
        return container;
    }

    /**
     * Starts a container again that has ended, with everything that it was made with.
     *
     * @param restarts how many times in a row its policy has started it by now
     */
    RunningContainer again(String name, int restarts) {
        return changing(name, begin -> begin.apply(restarts));
    }

    /**
     * Acts while nobody else changes a container, or copies its files.
     *
     * @param action given what starts it again, with how many times in a row its policy has
     */
    <T> T changing(String name, Function<IntFunction<RunningContainer>, T> action) {
        var store = engine.states();
        if (store.read(name).isEmpty()) {
            throw ContainerStateException.missing(name);
        }
        return store.freezing(
                name,
                mark ->
                        store.locked(
                                name,
                                () ->
                                        action.apply(
                                                restarts -> {
                                                    // It is about a run that has ended.
                                                    mark.clear();
                                                    return againLocked(name, restarts);
                                                })));
    }

    private RunningContainer againLocked(String name, int restarts) {
        var before =
                engine.states().read(name).orElseThrow(() -> ContainerStateException.missing(name));
        if (before.status() == ContainerState.Status.RUNNING) {
            throw ContainerStateException.running(name, "it cannot be started again");
        }
        awaitSupervisor(before);
        var spec = spec(name);
        var state =
                before.again(before.id(), ProcessMark.own(engine.calls()), Instant.now(), restarts);
        return new Starter(
                        engine,
                        spec,
                        before.id(),
                        name,
                        () -> Detachment.again(engine, before, state))
                .start();
    }

    /** That of the last run removes cgroups of the name that this run is going to make. */
    private void awaitSupervisor(ContainerState before) {
        try {
            new RunWait(engine, () -> before).awaitSupervisor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw ContainerStateException.of(
                    before.name(),
                    "interrupted while the supervisor of "
                            + before.name()
                            + " was still ending: start it again");
        }
    }

    private ContainerSpec spec(String name) {
        return engine.states()
                .spec(name)
                .orElseThrow(() -> ContainerStateException.withoutOptions(name));
    }
}
