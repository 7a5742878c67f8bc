package io.pelagos.core.internal.plan;

import static io.pelagos.core.kernel.Prctl.PR_SET_DUMPABLE;
import static io.pelagos.core.kernel.Syscall.CLOSE;
import static io.pelagos.core.kernel.Syscall.FCHDIR;
import static io.pelagos.core.kernel.Syscall.GETPID;
import static io.pelagos.core.kernel.Syscall.PRCTL;
import static io.pelagos.core.kernel.Syscall.SETGID;
import static io.pelagos.core.kernel.Syscall.SETNS;
import static io.pelagos.core.kernel.Syscall.SETUID;

import io.pelagos.core.internal.launch.PlanBuilder;
import io.pelagos.core.internal.launch.PlanBuilder.Label;
import io.pelagos.core.internal.launch.PlanBuilder.Slot;
import io.pelagos.core.internal.launch.Supervision;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.LaunchPlan;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.Namespace;
import java.util.List;

/**
 * The plan of one more process in a running container: that of a container with setns(2) in place
 * of new namespaces and a file system, and the same confinement.
 *
 * <p>Processes of the container see the new one from its first moment. So whatever needs the host
 * is done before, by the helper, which they do not see: it closes what it inherited, becomes
 * undumpable, and enters all namespaces, the one for mounts included. The process is born with the
 * container's root as its root and working directory, and with a memory and descriptors into which
 * nobody of the container may look (CVE-2016-9962, CVE-2019-5736, CVE-2024-21626); the descriptors
 * are those of the report pipe, the control socket and the container's own cgroups, and it closes
 * them before it looks at any path. Only two namespaces are left to it: the one for cgroups, since
 * the kernel lets nobody be born into a cgroup outside of its own view; and the one for users,
 * since in it the right to use the host's cgroups ends.
 */
public final class Entering {
    /** What the helper enters. */
    private static final List<Namespace> EARLY =
            List.of(
                    Namespace.PID,
                    Namespace.TIME,
                    Namespace.MOUNT,
                    Namespace.NETWORK,
                    Namespace.UTS,
                    Namespace.IPC);

    private final LaunchInputs inputs;
    private final ContainerSpec spec;
    private final int container;
    private final PlanBuilder plan;

    /** Any number but zero when the process has yet to enter the user namespace. */
    private final Slot userNamespaceIsLeft;

    private Entering(LaunchInputs inputs, int container) {
        plan = new PlanBuilder(inputs.facts().architecture());
        userNamespaceIsLeft = plan.slot("user namespace is left");
        this.inputs = inputs;
        this.spec = inputs.spec();
        this.container = container;
    }

    /**
     * Composes a plan; a pure function.
     *
     * @param inputs everything it depends on; its specification is the container's with the process
     *     and the confinement of the new process
     * @param container a pidfd of the container's first process
     * @return the plan
     */
    public static LaunchPlan compose(LaunchInputs inputs, int container) {
        var entering = new Entering(inputs, container);
        var plan =
                Supervision.compose(
                        entering.plan,
                        inputs.channels(),
                        inputs.supervision(),
                        new Supervision.Clone(
                                Constant.flags(),
                                inputs.names().cgroup(),
                                inputs.placement().placed(),
                                inputs.placement().joined(),
                                false,
                                inputs.spec().process().descriptors().count(),
                                _ -> entering.enterAsHelper()),
                        (_, word) -> entering.process(word));
        var listening = inputs.opened().listening();
        return listening == null ? plan : listening.checked(plan);
    }

    private void enterAsHelper() {
        var inherited = new Inherited(inputs);
        inherited.oomScore(plan);
        plan.purpose("hiding the process from the container until it is confined");
        plan.call(PRCTL, PR_SET_DUMPABLE, 0, 0, 0, 0);
        enterNamespaces();
    }

    /**
     * Enters the namespaces. Whoever has power over the host enters that for users last, because
     * others may belong to the host; whoever has none gets all power there is from it, and enters
     * it first.
     */
    private void enterNamespaces() {
        plan.purpose("entering the namespaces of the container");
        var early = flags(EARLY);
        if (!has(Namespace.USER)) {
            plan.call(SETNS, container, early);
            return;
        }
        var unprivileged = new Label();
        var entered = new Label();
        plan.call(SETNS, container, early).orElse(unprivileged);
        plan.call(GETPID).into(userNamespaceIsLeft);
        plan.jump(entered);
        plan.here(unprivileged);
        var denied = new Label();
        plan.whenErrno(Errno.EPERM, denied);
        plan.jump(plan.onError());
        plan.here(denied);
        plan.call(SETNS, container, Constant.flags(early, Namespace.USER.cloneFlag()));
        plan.here(entered);
    }

    private boolean has(Namespace namespace) {
        return spec.namespaces().containsKey(namespace);
    }

    private Constant flags(List<Namespace> namespaces) {
        return Constant.flags(
                namespaces.stream()
                        .filter(this::has)
                        .map(Namespace::cloneFlag)
                        .toArray(Constant[]::new));
    }

    private void process(Supervision.Word word) {
        enterCgroups(word.await());
        enterUserNamespace();
        new Inherited(inputs).add(plan);
        var labels = new Labels(inputs);
        labels.openInside(plan);
        new Console(inputs).add(plan, false);
        var execution = new Execution(inputs);
        execution.closeDescriptors(plan, labels);
        enterWorkingDirectory();
        new Confining(inputs).add(plan, labels);
        execution.execute(plan);
    }

    private void enterCgroups(List<Slot> cgroups) {
        Namespaces.enterCgroups(plan, cgroups);
        if (has(Namespace.CGROUP)) {
            plan.purpose("entering the cgroup namespace of the container");
            plan.call(SETNS, container, Namespace.CGROUP.cloneFlag());
        }
    }

    private void enterUserNamespace() {
        if (!has(Namespace.USER)) {
            return;
        }
        plan.purpose("entering the user namespace of the container");
        var entered = new Label();
        plan.whenResult(userNamespaceIsLeft, 0, entered);
        plan.call(SETNS, container, Namespace.USER.cloneFlag());
        plan.here(entered);
        plan.purpose("becoming root of the user namespace");
        plan.call(SETGID, 0);
        plan.call(SETUID, 0);
        plan.purpose("hiding the process from the container until it is confined");
        plan.call(PRCTL, PR_SET_DUMPABLE, 0, 0, 0, 0);
    }

    /** Goes to a directory that is there: nothing is made in a container that runs. */
    private void enterWorkingDirectory() {
        var cwd = spec.process().cwd();
        if (cwd.equals("/")) {
            return;
        }
        plan.purpose("entering the working directory " + cwd);
        var directory = plan.slot(cwd);
        Targets.openDirectory(plan, cwd, directory, true);
        plan.call(FCHDIR, directory);
        plan.call(CLOSE, directory);
    }
}
