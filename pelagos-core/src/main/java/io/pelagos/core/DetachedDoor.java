package io.pelagos.core;

import io.pelagos.core.internal.cgroup.ContainerCgroup;
import io.pelagos.core.spec.ContainerSpec;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Holds on to a detached container for one more process, which belongs to this JVM. */
final class DetachedDoor {
    private final Engine engine;
    private final DetachedContainer container;

    DetachedDoor(Engine engine, DetachedContainer container) {
        this.engine = engine;
        this.container = container;
    }

    /** Holds on to its first process and its cgroup, see {@link Execs#release}. */
    Execs open(ContainerSpec spec) {
        return container.attempt("starting a process in", () -> held(spec));
    }

    private Execs held(ContainerSpec spec) {
        var state = container.state();
        var name = container.name();
        var first =
                container
                        .firstProcess(state)
                        .orElseThrow(
                                () ->
                                        ContainerStateException.ended(
                                                name, "nothing can be started in it"));
        ContainerCgroup group = null;
        try {
            group = container.cgroup(state).orElse(null);
            var held = group;
            var execs =
                    new Execs(
                            new Execs.Target(
                                    engine,
                                    spec,
                                    container.id(),
                                    name,
                                    first.pid(),
                                    first.pidfd(),
                                    held,
                                    Map.of(),
                                    DetachedFiles.hidden(engine, spec, name, first.pid())),
                            () -> close(first, held));
            execs.pause(held != null && held.isFrozen());
            return execs;
        } catch (RuntimeException e) {
            close(first, group);
            throw e;
        }
    }

    private static void close(ContainerRoot.First first, @Nullable ContainerCgroup group) {
        first.pidfd().close();
        if (group != null) {
            group.close();
        }
    }
}
