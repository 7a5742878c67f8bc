package io.pelagos.core;

import io.pelagos.core.internal.state.ContainerState;
import io.pelagos.core.internal.state.HostileFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The detached containers of this user, whoever started them. Those of root and of other users are
 * other worlds. Safe for use by many threads.
 */
public final class Containers {
    private final Engine engine;

    Containers(Engine engine) {
        this.engine = engine;
    }

    /**
     * Returns the containers that pass all filters, in the order in which they were started.
     *
     * @param filters which; none for all
     * @return what is known about each now
     */
    public List<ContainerInfo> list(ContainerFilter... filters) {
        return Stream.of(filters)
                .map(filter -> (Predicate<ContainerInfo>) filter)
                .reduce(
                        engine.states().list().states().stream().map(ContainerInfo::of),
                        Stream::filter,
                        (first, _) -> first)
                .toList();
    }

    /**
     * Returns what lies where containers are kept and is none: links, files of others, files that
     * are damaged or too large. None of it is followed or removed.
     *
     * @return a sentence for each
     */
    public List<String> problems() {
        return engine.states().list().problems();
    }

    /**
     * Finds a container.
     *
     * @param text its name, its id, or the beginning of either that no other has
     * @return the container
     * @throws ContainerStateException when there is none, or more than one
     */
    public DetachedContainer find(String text) {
        if (io.pelagos.core.internal.state.StateStore.isName(text)) {
            try {
                var named = engine.states().read(text);
                if (named.isPresent()) {
                    return new DetachedContainer(engine, named.get());
                }
            } catch (HostileFileException e) {
                throw ContainerStateException.of(
                        text, "the state of " + text + ": " + e.getMessage());
            }
        }
        var candidates = new ArrayList<ContainerState>();
        for (var state : engine.states().list().states()) {
            if (state.id().equals(text)) {
                return new DetachedContainer(engine, state);
            }
            if (!text.isEmpty() && (state.id().startsWith(text) || state.name().startsWith(text))) {
                candidates.add(state);
            }
        }
        return switch (candidates.size()) {
            case 0 -> throw ContainerStateException.missing(text);
            case 1 -> new DetachedContainer(engine, candidates.getFirst());
            default ->
                    throw ContainerStateException.ambiguous(
                            text, candidates.stream().map(ContainerState::name).toList());
        };
    }

    /**
     * Removes every container that has ended.
     *
     * @param filters which of them; none for all
     * @return the names of those that were removed
     */
    public List<String> prune(ContainerFilter... filters) {
        var removed = new ArrayList<String>();
        for (var info : list(filters)) {
            if (info.status() == ContainerInfo.Status.EXITED
                    && new Removal(engine).removeEnded(info.name(), info.id())) {
                removed.add(info.name());
            }
        }
        return removed;
    }

    /**
     * Tells of what happens to detached containers from now on, whoever does it.
     *
     * @param listener is called by one thread, in order; it must not wait for events itself
     * @return ends the telling when it is closed
     */
    public ContainerEvents events(Consumer<ContainerEvent> listener) {
        return ContainerEvents.open(engine, listener);
    }
}
