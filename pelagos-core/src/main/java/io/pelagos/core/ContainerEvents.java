package io.pelagos.core;

import io.pelagos.core.internal.state.ContainerState;
import io.pelagos.core.internal.state.ContainerState.Status;
import io.pelagos.core.internal.state.HostileFileException;
import io.pelagos.core.internal.state.Inotify;
import io.pelagos.core.internal.state.OwnedDirectory;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Tells of what happens to detached containers, by inotify(7) and the pidfds of their supervisors,
 * until it is closed.
 */
public final class ContainerEvents implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(ContainerEvents.class.getName());
    private static final int WATCHED =
            Inotify.CREATE | Inotify.MOVED_TO | Inotify.MOVED_FROM | Inotify.DELETE;

    private final Engine engine;
    private final Inotify inotify;
    private final EventSource source;
    private final Set<String> watched = new HashSet<>();
    private final Map<String, Fd> supervisors = new HashMap<>();
    private final Thread thread;
    private volatile boolean closed;

    private ContainerEvents(Engine engine, Inotify inotify, Consumer<ContainerEvent> listener) {
        this.engine = engine;
        this.inotify = inotify;
        try (var all = engine.states().all()) {
            int watch = inotify.watch(all, WATCHED);
            assert watch >= 0;
        }
        source = new EventSource(look(), listener);
        thread = Thread.ofVirtual().name("pelagos-events").unstarted(this::run);
    }

    static ContainerEvents open(Engine engine, Consumer<ContainerEvent> listener) {
        var inotify = Inotify.open(engine.calls());
        try {
            var events = new ContainerEvents(engine, inotify, listener);
            events.thread.start();
            return events;
        } catch (RuntimeException | Error e) {
            inotify.close();
            throw e;
        }
    }

    /** Looks at all states, once everything is watched that can change them. */
    private List<ContainerState> look() {
        try (var all = engine.states().all()) {
            while (watchNew(all)) {
                // What was not watched yet may have changed before it was: there may be more.
            }
        }
        var states = engine.states().list().states();
        supervise(states);
        return states;
    }

    /** Watches directories that are new, also those where there is no state yet. */
    private boolean watchNew(OwnedDirectory all) {
        var names = new HashSet<>(all.names());
        watched.retainAll(names);
        names.removeAll(watched);
        names.forEach(name -> watch(all, name));
        watched.addAll(names);
        return !names.isEmpty();
    }

    /** A supervisor that is killed leaves nothing that inotify would tell. */
    private void supervise(List<ContainerState> states) {
        var present = new HashMap<String, Fd>();
        for (var state : states) {
            var mark = state.run().supervisor();
            if (state.status() == Status.RUNNING && mark != null) {
                var key = state.id() + mark;
                var known = supervisors.remove(key);
                if (known != null) {
                    present.put(key, known);
                } else {
                    mark.open(engine.calls()).ifPresent(pidfd -> present.put(key, pidfd));
                }
            }
        }
        supervisors.values().forEach(Fd::close);
        supervisors.clear();
        supervisors.putAll(present);
    }

    /** Another directory may get the name of one that is gone. */
    private void forgetIfGone(Inotify.Event event) {
        if ((event.mask() & (Inotify.DELETE | Inotify.MOVED_FROM)) != 0) {
            watched.remove(event.name());
        }
    }

    private void watch(OwnedDirectory all, String name) {
        try (var directory = all.child(name)) {
            int watch = inotify.watch(directory, Inotify.MOVED_TO);
            assert watch >= 0;
        } catch (HostileFileException e) {
            LOG.log(System.Logger.Level.DEBUG, "not watched", e);
        } catch (ErrnoException e) {
            if (e.errno() != Errno.ENOENT) {
                throw e;
            }
        }
    }

    private void run() {
        try {
            while (!closed) {
                inotify.take().forEach(this::forgetIfGone);
                source.look(look());
                var fds = new ArrayList<>(supervisors.values());
                fds.add(inotify.fd());
                AnyReadable.await(engine.poller(), fds, null);
            }
        } catch (InterruptedException | IllegalStateException e) {
            LOG.log(System.Logger.Level.DEBUG, "the telling of events ends", e);
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "the telling of events ends", e);
        } finally {
            supervisors.values().forEach(Fd::close);
            inotify.close();
        }
    }

    /** Ends the telling; a call of the listener that is going on is waited for. */
    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        boolean interrupted = false;
        while (Thread.currentThread() != thread && thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
