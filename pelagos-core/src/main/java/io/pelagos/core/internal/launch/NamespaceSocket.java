package io.pelagos.core.internal.launch;

import static io.pelagos.core.kernel.CloneFlag.CLONE_NEWNET;
import static io.pelagos.core.kernel.CloneFlag.CLONE_NEWUSER;
import static io.pelagos.core.kernel.Prctl.PR_SET_DUMPABLE;
import static io.pelagos.core.kernel.Syscall.EXIT_GROUP;
import static io.pelagos.core.kernel.Syscall.PRCTL;
import static io.pelagos.core.kernel.Syscall.SETNS;
import static io.pelagos.core.kernel.Syscall.SOCKET;
import static io.pelagos.core.kernel.Syscall.WRITE;

import io.pelagos.core.internal.launch.PlanBuilder.Label;
import io.pelagos.core.internal.launch.PlanBuilder.Pointer;
import io.pelagos.core.kernel.Architecture;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.LaunchPlan;

/**
 * The plan of a process that makes a TCP socket in the network namespace of another process, hands
 * it to the JVM and ends: a socket stays in the namespace in which it was made. A JVM cannot enter
 * a user namespace itself, since it has more than one thread, see setns(2).
 */
final class NamespaceSocket {
    private static final int AF_INET = 2;
    private static final int STREAM_NONBLOCK_CLOEXEC = 1 | 0x800 | 0x80000;

    private NamespaceSocket() {}

    /**
     * Composes the plan.
     *
     * @param channels its descriptors, with a pidfd of the other process as the only other
     */
    static LaunchPlan compose(Architecture architecture, Channels channels) {
        var plan = new PlanBuilder(architecture);
        var failed = plan.onError();
        Supervision.closeInherited(plan, channels);
        plan.purpose("hiding the process from the container");
        plan.call(PRCTL, PR_SET_DUMPABLE, 0, 0, 0, 0);
        enter(plan, channels.other(0));
        plan.purpose("making a socket in the network namespace of the container");
        var handOver = HandOver.allocate(plan);
        plan.call(SOCKET, AF_INET, STREAM_NONBLOCK_CLOEXEC, 0).into(handOver.pidfd());
        plan.purpose("handing the socket to the JVM");
        handOver.send(plan, channels);
        plan.call(EXIT_GROUP, 0);
        plan.purpose("reporting a failure");
        plan.onError(new Label());
        plan.here(failed);
        plan.call(WRITE, channels.report(), new Pointer(LaunchPlan.FAILURE, "{step, errno}"), 8);
        plan.call(EXIT_GROUP, 127);
        return plan.build();
    }

    /** Whoever has no power over the host gets what it takes from the user namespace. */
    private static void enter(PlanBuilder plan, int process) {
        plan.purpose("entering the network namespace of the container");
        var entered = new Label();
        var unprivileged = new Label();
        var denied = new Label();
        plan.call(SETNS, process, CLONE_NEWNET).orElse(unprivileged);
        plan.jump(entered);
        plan.here(unprivileged);
        plan.whenErrno(Errno.EPERM, denied);
        plan.jump(plan.onError());
        plan.here(denied);
        plan.call(SETNS, process, Constant.flags(CLONE_NEWNET, CLONE_NEWUSER));
        plan.here(entered);
    }
}
