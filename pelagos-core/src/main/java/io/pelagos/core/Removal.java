package io.pelagos.core;

import io.pelagos.core.internal.cgroup.ContainerCgroup;
import io.pelagos.core.internal.state.ContainerState;
import java.util.Map;
import java.util.Optional;

/** Removes what is left of detached containers that have ended. */
final class Removal {
    private final Engine engine;

    Removal(Engine engine) {
        this.engine = engine;
    }

    /** Removes a container unless it runs, is gone, or is another by now. */
    boolean removeEnded(String name, String id) {
        var store = engine.states();
        return store.locked(
                name,
                () -> {
                    var state = store.read(name);
                    if (state.isEmpty()
                            || !state.get().id().equals(id)
                            || state.get().status() != ContainerState.Status.EXITED) {
                        return false;
                    }
                    removeCgroups(state.get());
                    store.remove(name);
                    return true;
                });
    }

    /** Removes cgroups that the supervisor has left, because it was killed. */
    boolean removeCgroups(ContainerState state) {
        var supervisor = state.run().supervisor();
        if (supervisor != null && supervisor.isAlive(engine.calls())) {
            return false;
        }
        var paths = state.run().cgroups();
        return !paths.isEmpty() && removeCgroups(paths);
    }

    /** Ends what is in cgroups whose owner has ended, and removes them. */
    boolean removeCgroups(Map<String, String> paths) {
        var cgroup = open(paths);
        cgroup.ifPresent(
                group -> {
                    try (group) {
                        group.kill();
                        group.remove();
                    }
                });
        return cgroup.isPresent();
    }

    private Optional<ContainerCgroup> open(Map<String, String> paths) {
        var host = engine.cgroups();
        return host == null ? Optional.empty() : host.open(paths);
    }
}
