package io.pelagos.core;

import io.pelagos.core.internal.cgroup.CgroupException;
import io.pelagos.core.internal.state.ContainerState;
import io.pelagos.core.internal.state.ContainerState.Status;
import io.pelagos.core.internal.state.FreezeMark;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.RootSpec;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** The way to the files of a detached container: each time anew, from what is on disk about it. */
final class DetachedFiles implements ContainerFiles.Reach {
    private final Engine engine;
    private final DetachedContainer container;

    DetachedFiles(Engine engine, DetachedContainer container) {
        this.engine = engine;
        this.container = container;
    }

    @Override
    public <T> T with(BiFunction<ContainerRoot, Boolean, T> action) {
        return container.attempt("reaching the files of", () -> reach(action));
    }

    private <T> T reach(BiFunction<ContainerRoot, Boolean, T> action) {
        var spec = container.spec();
        var state = container.state();
        var first = container.firstProcess(state).orElse(null);
        if (first == null) {
            return action.apply(ended(spec), true);
        }
        try (var _ = first.pidfd()) {
            return action.apply(root(spec, first), false);
        }
    }

    /**
     * Returns what the root of a running container is made of, see {@link ContainerRoot#hidden}.
     *
     * @param pid its first process
     */
    static RootSpec.@Nullable Layers hidden(
            Engine engine, ContainerSpec spec, String name, int pid) {
        return spec.namespaces().containsKey(Namespace.USER)
                        && spec.root() instanceof RootSpec.Layers asked
                ? RootLayers.existing(engine, asked, pid)
                        .map(layers -> new ContainerRoot(engine, spec, name, null, layers).hidden())
                        .orElse(null)
                : null;
    }

    /** Only what the caller keeps is still there when nothing runs. */
    private ContainerRoot ended(ContainerSpec spec) {
        boolean isThere =
                switch (spec.root()) {
                    case RootSpec.Directory _ -> true;
                    case RootSpec.Layers layers -> layers.upper() instanceof RootSpec.Upper.Kept;
                    case RootSpec.Host _, RootSpec.Files _ -> false;
                };
        if (!isThere) {
            throw ContainerStateException.ended(
                    container.name(), "its files are gone: keep the changes of its root");
        }
        return root(spec, null);
    }

    private ContainerRoot root(ContainerSpec spec, ContainerRoot.@Nullable First first) {
        var layers =
                spec.root() instanceof RootSpec.Layers asked
                        ? RootLayers.existing(engine, asked, first == null ? null : first.pid())
                                .orElse(null)
                        : null;
        return new ContainerRoot(engine, spec, container.name(), first, layers);
    }

    @Override
    public <T> T frozen(BiFunction<ContainerRoot, Boolean, T> action) {
        // Also one that has ended: nobody starts it again meanwhile.
        return container.freezing(mark -> frozen(container.state(), mark, action));
    }

    private <T> T frozen(
            ContainerState state, FreezeMark mark, BiFunction<ContainerRoot, Boolean, T> action) {
        boolean freezes =
                state.status() == Status.RUNNING
                        && container.attempt("freezing", () -> freezeUnlessFrozen(state, mark));
        try {
            return with(action);
        } finally {
            if (freezes) {
                container.thaw(state);
                mark.clear();
            }
        }
    }

    /** Returns whether somebody has to let it go on: it may be frozen already, or have ended. */
    private boolean freezeUnlessFrozen(ContainerState state, FreezeMark mark) {
        var found = container.cgroup(state);
        if (found.isEmpty()) {
            if (container.isAlive()) {
                throw ContainerStateException.of(
                        container.name(),
                        "the container "
                                + container.name()
                                + " has no cgroup by which it could be kept from writing");
            }
            return false;
        }
        try (var group = found.get()) {
            // Who died while it was frozen for a copy leaves it to the next to let it go on.
            if (group.isFrozen() && !mark.isSet()) {
                return false;
            }
            mark.set();
            group.freeze();
            return true;
        } catch (CgroupException | ErrnoException e) {
            mark.clear();
            if (container.isAlive()) {
                throw e;
            }
            return false;
        }
    }
}
