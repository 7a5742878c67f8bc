package io.pelagos.core.internal.plan;

import static io.pelagos.core.kernel.AtFlag.AT_FDCWD;
import static io.pelagos.core.kernel.AtFlag.AT_RECURSIVE;
import static io.pelagos.core.kernel.MountApi.OPEN_TREE_CLOEXEC;
import static io.pelagos.core.kernel.MountApi.OPEN_TREE_CLONE;
import static io.pelagos.core.kernel.Syscall.OPEN_TREE;

import io.pelagos.core.internal.launch.PlanBuilder;
import io.pelagos.core.internal.launch.PlanBuilder.Slot;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.IdMapping;
import io.pelagos.core.spec.Mount;
import io.pelagos.core.spec.RootSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Mounts that show other owners than are on disk. The helper makes them, which has the JVM's rights
 * over the file systems, before the first process, which has none in a user namespace of its own:
 * that only attaches what it finds open.
 */
public final class IdMappedMounts {
    private static final Constant COPY = Constant.flags(OPEN_TREE_CLONE, OPEN_TREE_CLOEXEC);

    private final LaunchInputs inputs;
    private final Map<Mount.Bind, Slot> binds = new HashMap<>();
    private final List<Slot> layers = new ArrayList<>();
    private @Nullable Slot writable;

    IdMappedMounts(LaunchInputs inputs) {
        this.inputs = inputs;
    }

    /**
     * Returns the mappings for each of which a plan takes the descriptor of a user namespace.
     *
     * @param spec what is to be started
     * @return each once, with ranges
     */
    public static List<IdMapping> needed(ContainerSpec spec) {
        var all = new LinkedHashSet<IdMapping>();
        if (spec.root() instanceof RootSpec.Layers root && root.idMapped()) {
            all.add(withRanges(spec, IdMapping.OF_CONTAINER));
        }
        for (var mount : spec.mounts()) {
            if (mount instanceof Mount.Bind bind && bind.idMapping() != null) {
                all.add(withRanges(spec, bind.idMapping()));
            }
        }
        return List.copyOf(all);
    }

    private static IdMapping withRanges(ContainerSpec spec, IdMapping mapping) {
        return mapping.isOfContainer() ? new IdMapping(spec.uidMap(), spec.gidMap()) : mapping;
    }

    /** Adds the steps of the helper. */
    void open(PlanBuilder plan) {
        for (var mount : inputs.spec().mounts()) {
            if (mount instanceof Mount.Bind bind && bind.idMapping() != null) {
                binds.put(bind, open(plan, bind, bind.idMapping()));
            }
        }
        if (inputs.spec().root() instanceof RootSpec.Layers root && root.idMapped()) {
            for (var layer : root.directories().reversed()) {
                layers.add(layer(plan, layer));
            }
            writable = layer(plan, place(root));
        }
    }

    private Slot open(PlanBuilder plan, Mount.Bind bind, IdMapping mapping) {
        plan.purpose(Mounts.purpose(bind));
        if (bind.makesSource()) {
            Mounts.makeDirectories(plan, bind.source());
        }
        var mount = copy(plan, bind.source(), bind.recursive());
        plan.purpose("mapping the ids of " + bind.source());
        MountCalls.mapIds(
                plan,
                mount,
                bind.recursive(),
                Mounts.attributes(bind.options()),
                Mounts.propagation(bind.propagation()),
                namespace(mapping));
        return mount;
    }

    private Slot layer(PlanBuilder plan, Path layer) {
        plan.purpose("stacking the layers of the root");
        var mount = copy(plan, layer.toString(), false);
        plan.purpose("mapping the ids of " + layer);
        MountCalls.mapIds(
                plan,
                mount,
                false,
                Constant.flags(),
                MountCalls.PRIVATE,
                namespace(IdMapping.OF_CONTAINER));
        return mount;
    }

    private static Slot copy(PlanBuilder plan, String path, boolean recursive) {
        var mount = plan.slot(path);
        plan.call(OPEN_TREE, AT_FDCWD, path, recursive ? Constant.flags(COPY, AT_RECURSIVE) : COPY)
                .into(mount);
        return mount;
    }

    /** Overlayfs takes a writable layer and its work directory only of the same mount. */
    private static Path place(RootSpec.Layers root) {
        var kept = OverlayRoot.kept(root);
        var place = kept.upper().getParent();
        if (place == null || !place.equals(kept.work().getParent())) {
            throw new IllegalArgumentException(
                    "upper "
                            + kept.upper()
                            + " and work "
                            + kept.work()
                            + ": must lie in one directory when ids are mapped");
        }
        return place;
    }

    private int namespace(IdMapping mapping) {
        return Objects.requireNonNull(
                inputs.opened().idMaps().get(withRanges(inputs.spec(), mapping)),
                "no user namespace was made for the mapping of ids");
    }

    /** Returns the mount that was made for a bind mount, or null when its owners stay. */
    @Nullable Slot of(Mount.Bind bind) {
        return binds.get(bind);
    }

    /** Returns the layers, the highest first; none when their owners stay. */
    List<Slot> layers() {
        return layers;
    }

    /** Returns the directory of the writable layer. */
    Slot writable() {
        return Objects.requireNonNull(writable);
    }

    /** Returns how many mounts lie over the host's root when the root is changed. */
    int overHostRoot() {
        return writable == null ? 0 : layers.size() + 1;
    }
}
