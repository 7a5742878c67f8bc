package io.pelagos.core.internal.launch;

import static io.pelagos.core.kernel.Syscall.EXIT_GROUP;
import static io.pelagos.core.kernel.Syscall.WRITE;

import io.pelagos.core.internal.launch.PlanBuilder.Label;
import io.pelagos.core.internal.launch.PlanBuilder.Pointer;
import io.pelagos.core.kernel.LaunchPlan;
import java.util.function.BiConsumer;

/** The frame of a plan that makes one descriptor, hands it to the JVM, and ends. */
public final class Fetching {
    private Fetching() {}

    /**
     * Composes a whole plan.
     *
     * @param plan an empty plan
     * @param channels the descriptors it uses
     * @param make adds the steps that store the descriptor in the place they are given
     * @return the plan, see {@link Launcher#fetch}
     */
    public static LaunchPlan compose(
            PlanBuilder plan, Channels channels, BiConsumer<PlanBuilder, Pointer> make) {
        var failed = plan.onError();
        Supervision.closeInherited(plan, channels);
        var handOver = HandOver.allocate(plan);
        make.accept(plan, handOver.pidfd());
        plan.purpose("handing the descriptor to the JVM");
        handOver.send(plan, channels);
        plan.call(EXIT_GROUP, 0);
        plan.purpose("reporting a failure");
        plan.onError(new Label());
        plan.here(failed);
        plan.call(WRITE, channels.report(), new Pointer(LaunchPlan.FAILURE, "{step, errno}"), 8);
        plan.call(EXIT_GROUP, 127);
        return plan.build();
    }
}
