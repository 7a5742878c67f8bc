package io.pelagos.core;

import io.pelagos.core.internal.cgroup.CgroupException;
import io.pelagos.core.internal.launch.Ending;
import io.pelagos.core.internal.launch.Logs;
import io.pelagos.core.internal.state.ContainerState;
import io.pelagos.core.internal.state.ContainerState.Status;
import io.pelagos.core.internal.state.HostileFileException;
import io.pelagos.core.internal.state.StateStore;
import io.pelagos.core.kernel.ErrnoException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Puts in order what JVMs and supervisors have left that ended before their time. Who owns a thing
 * is told by boot id, process id and start time; what a living process owns is not touched, and
 * nothing outside Pelagos's own directories and cgroups.
 */
final class Recovery {
    private static final System.Logger LOG = System.getLogger(Recovery.class.getName());
    private static final List<String> OWN_FILES =
            List.of(
                    Ending.FILE,
                    Logs.INDEX,
                    Logs.STDOUT,
                    Logs.STDERR,
                    StateStore.FREEZE,
                    "spec.json",
                    "state.json");

    private final Engine engine;
    private final List<String> report = new ArrayList<>();

    Recovery(Engine engine) {
        this.engine = engine;
    }

    /** Removes what is left over when Pelagos is opened; what cannot be, is no reason to fail. */
    void atOpen() {
        try {
            for (var sentence : recover(false)) {
                LOG.log(System.Logger.Level.INFO, sentence);
            }
        } catch (PelagosException | ErrnoException | UncheckedIOException e) {
            LOG.log(System.Logger.Level.WARNING, "putting in order what others have left", e);
        }
    }

    /** Does all of it; containers are started again only when that is wanted. */
    List<String> recover(boolean restart) {
        removeAttached();
        var listing = engine.states().list();
        report.addAll(listing.problems());
        for (var state : listing.states()) {
            try {
                recover(state, restart);
            } catch (PelagosException
                    | HostileFileException
                    | CgroupException
                    | ErrnoException
                    | IllegalArgumentException e) {
                // The last for a path of a cgroup that is none.
                report.add(state.name() + ": " + e.getMessage());
            }
        }
        for (var name : engine.states().removeStateless(OWN_FILES)) {
            report.add(name + ": its start was never finished, and what there was is removed");
        }
        return List.copyOf(report);
    }

    private void recover(ContainerState state, boolean restart) {
        if (state.isBeingStarted()) {
            takeBack(state, restart);
        } else if (state.status() == Status.EXITED) {
            afterEnd(state, restart);
        } else if (state.status() == Status.RUNNING) {
            try {
                letGoOn(state);
            } finally {
                keep(state, restart);
            }
        }
    }

    /** Who died while it stood still for a copy of its files has left it so. */
    private void letGoOn(ContainerState state) {
        var container = new DetachedContainer(engine, state);
        if (engine.states().thawAbandoned(state.name(), () -> container.thaw(state))) {
            report.add(state.name() + ": the JVM that had frozen it has ended; it goes on");
        }
    }

    private void keep(ContainerState state, boolean restart) {
        if (restart && !state.run().starter().isAlive(engine.calls())) {
            var container = new DetachedContainer(engine, state);
            Keeper.keep(engine, container);
            DetachedHealth.monitor(engine, container);
        }
    }

    /** A container that was there before its latest start is what it was then. */
    private void takeBack(ContainerState state, boolean restart) {
        if (state.run().starter().isAlive(engine.calls())) {
            return;
        }
        if (state.past().isEmpty()) {
            removeUnfinished(state);
            return;
        }
        var restored =
                engine.states()
                        .update(
                                state.name(),
                                now -> {
                                    if (!now.isBeingStarted()
                                            || now.run().starter().isAlive(engine.calls())) {
                                        return now;
                                    }
                                    removeCgroupsOf(now);
                                    return now.at(now.past().getLast());
                                });
        if (restored.isPresent() && restored.get().status() == Status.EXITED) {
            report.add(state.name() + ": the JVM that was starting it again has ended; taken back");
            afterEnd(restored.get(), restart);
        }
    }

    private void removeUnfinished(ContainerState state) {
        var store = engine.states();
        store.locked(
                state.name(),
                () -> {
                    var now = store.read(state.name()).filter(ContainerState::isBeingStarted);
                    if (now.isPresent() && !now.get().run().starter().isAlive(engine.calls())) {
                        removeCgroupsOf(now.get());
                        store.remove(state.name());
                        report.add(
                                state.name() + ": the JVM that was starting it has ended; removed");
                    }
                    return true;
                });
    }

    /** Its state does not know them yet; they have its id. */
    private void removeCgroupsOf(ContainerState state) {
        var host = engine.cgroups();
        if (host != null) {
            var parent =
                    engine.states()
                            .spec(state.name())
                            .map(spec -> spec.resources().parent())
                            .orElse(null);
            host.find(CgroupOwner.PREFIX + state.id(), parent)
                    .values()
                    .forEach(paths -> new Removal(engine).removeCgroups(paths));
        }
    }

    /** One that keeps failing has to wait, which a thread of this JVM does. */
    private void startAgain(ContainerState state) {
        if (Keeper.inARow(state) == 0 || Keeper.untilDue(state).isZero()) {
            int restarts = state.stopped() ? 0 : Keeper.inARow(state) + 1;
            var _ = new Detaching(engine).againAndKeep(state.name(), restarts);
            report.add(state.name() + ": started again, as its restart policy says");
        } else {
            Keeper.keep(engine, new DetachedContainer(engine, state));
            report.add(
                    state.name()
                            + ": has failed "
                            + (Keeper.inARow(state) + 1)
                            + " times in a row; it is started again in a while, as its restart"
                            + " policy says, if this JVM still lives then");
        }
    }

    /** Ends what is in cgroups of attached containers whose JVM and supervisor were killed. */
    private void removeAttached() {
        var host = engine.cgroups();
        if (host == null) {
            return;
        }
        var dead = new HashMap<CgroupOwner, Boolean>();
        host.find(CgroupOwner.PREFIX, null)
                .forEach(
                        (name, paths) -> {
                            var owner = CgroupOwner.parse(name);
                            if (owner.isPresent()
                                    && dead.computeIfAbsent(
                                            owner.get(), it -> it.isDead(engine.calls()))) {
                                boolean ignored = removeAttached(name, paths);
                            }
                        });
        report.addAll(engine.cgroupParents().recover(host, this::removeAttached));
    }

    /** Returns whether it is gone. */
    private boolean removeAttached(String name, Map<String, String> paths) {
        try {
            if (new Removal(engine).removeCgroups(paths)) {
                report.add("cgroup " + name + ": its JVM and supervisor were killed; removed");
            }
            return true;
        } catch (CgroupException | ErrnoException e) {
            report.add("cgroup " + name + ": " + e.getMessage());
            return false;
        }
    }

    private void afterEnd(ContainerState state, boolean restart) {
        if (new Removal(engine).removeCgroups(state)) {
            report.add(state.name() + ": its supervisor was killed; its cgroups are removed");
        }
        if (restart && Keeper.isDueAfterRecovery(state)) {
            startAgain(state);
        } else if (state.upkeep().removed()
                && new Removal(engine).removeEnded(state.name(), state.id())) {
            report.add(state.name() + ": has ended and is removed, as was wanted");
        }
    }
}
