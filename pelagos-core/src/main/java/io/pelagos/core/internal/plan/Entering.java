package io.pelagos.core.internal.plan;

import static io.pelagos.core.kernel.AtFlag.AT_FDCWD;
import static io.pelagos.core.kernel.OpenFlag.O_CLOEXEC;
import static io.pelagos.core.kernel.OpenFlag.O_WRONLY;
import static io.pelagos.core.kernel.Prctl.PR_SET_DUMPABLE;
import static io.pelagos.core.kernel.Syscall.CLOSE;
import static io.pelagos.core.kernel.Syscall.FCHDIR;
import static io.pelagos.core.kernel.Syscall.GETPID;
import static io.pelagos.core.kernel.Syscall.OPENAT;
import static io.pelagos.core.kernel.Syscall.PRCTL;
import static io.pelagos.core.kernel.Syscall.SETGID;
import static io.pelagos.core.kernel.Syscall.SETNS;
import static io.pelagos.core.kernel.Syscall.SETUID;
import static io.pelagos.core.kernel.Syscall.WRITE;

import io.pelagos.core.internal.launch.PlanBuilder;
import io.pelagos.core.internal.launch.PlanBuilder.Label;
import io.pelagos.core.internal.launch.PlanBuilder.Slot;
import io.pelagos.core.internal.launch.Supervision;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.LaunchPlan;
import io.pelagos.core.spec.ContainerSpec;
import io.pelagos.core.spec.Namespace;
import java.util.ArrayList;
import java.util.List;

/**
 * The plan of one more process in a running container: that of a container with setns(2) in place
 * of new namespaces and a file system, and the same confinement.
 *
 * <p>Processes of the container see the new one from its first moment. So whatever needs the host
 * is done before, by the helper, which they do not see: it closes what it inherited, opens the
 * hierarchies of cgroups, becomes undumpable, and enters all namespaces, the one for mounts
 * included. The process is born with the container's root as its root and working directory, with
 * no descriptor of a directory, and with a memory into which nobody of the container may look
 * (CVE-2016-9962, CVE-2019-5736, CVE-2024-21626). Only two namespaces are left to it: the one for
 * cgroups, since the kernel lets nobody be born into a cgroup outside of its own view; and the one
 * for users, since in it the right to use the host's cgroups ends.
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
    private final List<Slot> joinFiles = new ArrayList<>();

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
        return Supervision.compose(
                entering.plan,
                inputs.channels(),
                inputs.supervision(),
                new Supervision.Clone(
                        Constant.flags(),
                        inputs.placement().unified(),
                        false,
                        _ -> entering.enterAsHelper()),
                _ -> entering.process());
    }

    private void enterAsHelper() {
        var inherited = new Inherited(inputs);
        inherited.oomScore(plan);
        plan.purpose("hiding the process from the container until it is confined");
        plan.call(PRCTL, PR_SET_DUMPABLE, 0, 0, 0, 0);
        for (var path : inputs.placement().procsFiles()) {
            plan.purpose("opening the cgroup of the container");
            var file = plan.slot(path);
            plan.call(OPENAT, AT_FDCWD, path, Constant.flags(O_WRONLY, O_CLOEXEC), 0).into(file);
            joinFiles.add(file);
        }
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
        plan.call(
                SETNS,
                container,
                Constant.flags(early, Namespace.USER.cloneFlag()));
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

    private void process() {
        enterCgroups();
        enterUserNamespace();
        new Inherited(inputs).add(plan);
        var execution = new Execution(inputs);
        execution.closeDescriptors(plan);
        enterWorkingDirectory();
        new Confining(inputs).add(plan);
        execution.execute(plan);
    }

    private void enterCgroups() {
        plan.purpose("entering the cgroup of the container");
        for (var file : joinFiles) {
            plan.call(WRITE, file, "0", 1);
        }
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
