package io.pelagos.core.internal.plan;

import static io.pelagos.core.kernel.Syscall.IOCTL;
import static io.pelagos.core.kernel.Syscall.UNSHARE;

import io.pelagos.core.internal.launch.Channels;
import io.pelagos.core.internal.launch.Fetching;
import io.pelagos.core.internal.launch.PlanBuilder;
import io.pelagos.core.kernel.Architecture;
import io.pelagos.core.kernel.CloneFlag;
import io.pelagos.core.kernel.LaunchPlan;

/**
 * A network namespace that nobody uses yet, with its loopback device up. It lives as long as
 * somebody has its descriptor.
 */
public final class NetworkNamespace {
    private static final int SIOCGSKNS = 0x894c;

    private NetworkNamespace() {}

    /**
     * Composes the plan that makes one.
     *
     * @param architecture of the machine
     * @param channels the descriptors it uses
     * @return the plan
     */
    public static LaunchPlan compose(Architecture architecture, Channels channels) {
        return Fetching.compose(
                new PlanBuilder(architecture),
                channels,
                (plan, descriptor) -> {
                    plan.purpose("making a network namespace");
                    plan.call(UNSHARE, CloneFlag.CLONE_NEWNET);
                    var socket = Namespaces.bringUpLoopback(plan);
                    plan.purpose("referring to the network namespace");
                    // The namespace of a socket, without the way through /proc.
                    plan.call(IOCTL, socket, SIOCGSKNS, 0).into(descriptor);
                });
    }
}
