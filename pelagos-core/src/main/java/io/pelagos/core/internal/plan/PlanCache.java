package io.pelagos.core.internal.plan;

import io.pelagos.core.internal.launch.Supervision;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.IdMapping;
import io.pelagos.core.spec.Namespace;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The plans of the last containers, because the next one is most often like one of them: composing
 * a plan takes a cold JVM as long as all system calls of a start.
 *
 * <p>A container is like another when everything is equal that the plan is made of, but for what it
 * is called. What depends on the machine alone is not compared, so a cache serves one machine. It
 * keeps specifications, with their environments, beyond the life of their containers.
 */
public final class PlanCache {
    private static final int SIZE = 8;

    private final ReentrantLock lock = new ReentrantLock();

    /** Guarded by the lock; in the order of the last use. */
    private final LinkedHashMap<Shape, ContainerPlan> plans = new LinkedHashMap<>(16, 0.75f, true);

    /** What a plan is made of. The filter follows from the specification and the machine. */
    private record Shape(
            ContainerSpec spec,
            LaunchInputs.Identity identity,
            Supervision.Kind supervision,
            LaunchInputs.Placement placement,
            Map<Namespace, Integer> joined,
            Map<String, Boolean> sourceIsFile,
            @Nullable Listening listening,
            Map<IdMapping, Integer> idMaps,
            FuseRoot.@Nullable Program fuse) {
        /** Of what differs most: all of it is long, and is compared anyway. */
        @Override
        public int hashCode() {
            return Objects.hash(spec.process().command(), spec.root(), identity.uid());
        }
    }

    /** Makes an empty cache. */
    public PlanCache() {}

    /**
     * Returns the plan of a container.
     *
     * @param inputs everything it depends on
     * @return the plan that {@link ContainerPlan#compose} makes
     */
    public ContainerPlan plan(LaunchInputs inputs) {
        var shape =
                new Shape(
                        inputs.spec(),
                        inputs.identity(),
                        inputs.supervision(),
                        inputs.placement(),
                        inputs.joined(),
                        inputs.sourceIsFile(),
                        inputs.listening(),
                        inputs.idMaps(),
                        inputs.fuse());
        var known = known(shape);
        if (known != null) {
            return known.named(inputs.names());
        }
        var plan = ContainerPlan.compose(inputs);
        lock.lock();
        try {
            plans.put(shape, plan);
            if (plans.size() > SIZE) {
                plans.pollFirstEntry();
            }
        } finally {
            lock.unlock();
        }
        return plan;
    }

    private @Nullable ContainerPlan known(Shape shape) {
        lock.lock();
        try {
            return plans.get(shape);
        } finally {
            lock.unlock();
        }
    }
}
