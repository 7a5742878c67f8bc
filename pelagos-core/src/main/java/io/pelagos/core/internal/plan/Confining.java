package io.pelagos.core.internal.plan;

import static io.pelagos.core.kernel.Prctl.PR_CAPBSET_DROP;
import static io.pelagos.core.kernel.Prctl.PR_CAP_AMBIENT;
import static io.pelagos.core.kernel.Prctl.PR_CAP_AMBIENT_CLEAR_ALL;
import static io.pelagos.core.kernel.Prctl.PR_CAP_AMBIENT_RAISE;
import static io.pelagos.core.kernel.Prctl.PR_SET_KEEPCAPS;
import static io.pelagos.core.kernel.Prctl.PR_SET_NO_NEW_PRIVS;
import static io.pelagos.core.kernel.Prctl.PR_SET_PDEATHSIG;
import static io.pelagos.core.kernel.Prctl.PR_SET_SECUREBITS;
import static io.pelagos.core.kernel.Syscall.CAPSET;
import static io.pelagos.core.kernel.Syscall.PRCTL;
import static io.pelagos.core.kernel.Syscall.SECCOMP;
import static io.pelagos.core.kernel.Syscall.SETGID;
import static io.pelagos.core.kernel.Syscall.SETGROUPS;
import static io.pelagos.core.kernel.Syscall.SETUID;
import static io.pelagos.core.kernel.Syscall.UMASK;

import io.pelagos.core.internal.launch.PlanBuilder;
import io.pelagos.core.internal.launch.Supervision;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.security.Capability;
import io.pelagos.core.security.SeccompProgram;
import io.pelagos.core.spec.Confinement;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who the program is and what it may do, in the only order that works: the bounding set while
 * CAP_SETPCAP is there, then ids, capabilities, ambient ones, the label of a security module,
 * no_new_privs, Landlock and last the filter of system calls. Without no_new_privs the filter and
 * Landlock need CAP_SYS_ADMIN and come, with the label, before ids and capabilities.
 */
final class Confining {
    private static final int LINUX_CAPABILITY_VERSION_3 = 0x20080522;
    private static final int SECCOMP_SET_MODE_FILTER = 1;
    private static final int SIGKILL = 9;

    private final LaunchInputs inputs;
    private final Confinement confinement;
    private final @Nullable SeccompProgram filter;
    private final LandlockSteps landlock;

    Confining(LaunchInputs inputs) {
        this.inputs = inputs;
        this.confinement = inputs.spec().confinement();
        this.filter = inputs.filter();
        landlock = new LandlockSteps(confinement.landlock(), inputs.facts().landlockAbi());
    }

    void add(PlanBuilder plan, Labels labels) {
        boolean unprivileged = confinement.noNewPrivileges();
        landlock.prepare(plan);
        new Inherited(inputs).limits(plan);
        dropBoundingSet(plan);
        if (!unprivileged) {
            labels.write(plan);
            landlock.enforce(plan);
            installFilter(plan);
        }
        becomeUser(plan);
        setCapabilities(plan);
        if (!(inputs.supervision() instanceof Supervision.Kind.Child)) {
            // The supervisor has one thread, which outlives the container. A change of ids clears
            // it.
            plan.purpose("ending with the supervisor");
            plan.call(PRCTL, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
        }
        plan.purpose("setting the umask");
        plan.call(UMASK, inputs.spec().process().umask().bits());
        if (unprivileged) {
            labels.write(plan);
            plan.purpose("giving up new privileges");
            plan.call(PRCTL, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
            landlock.enforce(plan);
            installFilter(plan);
        }
    }

    private void dropBoundingSet(PlanBuilder plan) {
        plan.purpose("resetting the securebits");
        plan.call(PRCTL, PR_SET_SECUREBITS, 0, 0, 0, 0);
        for (var capability : Capability.values()) {
            if (!confinement.capabilities().contains(capability)) {
                plan.purpose("dropping " + capability.capName());
                // A kernel older than the capability does not know it.
                plan.call(PRCTL, PR_CAPBSET_DROP, capability.number(), 0, 0, 0)
                        .tolerate(Errno.EINVAL);
            }
        }
    }

    private void becomeUser(PlanBuilder plan) {
        var identity = inputs.identity();
        if (identity.uid() != 0 && !confinement.ambient().isEmpty()) {
            plan.purpose("keeping capabilities across the change of user");
            plan.call(PRCTL, PR_SET_KEEPCAPS, 1, 0, 0, 0);
        }
        plan.purpose("setting supplementary groups");
        var groups = identity.groups().stream().mapToInt(Long::intValue).toArray();
        var setting =
                plan.call(
                        SETGROUPS,
                        groups.length,
                        groups.length == 0
                                ? null
                                : plan.ints(identity.groups().toString(), groups));
        if (groups.length == 0 && inputs.inUserNamespace()) {
            // Where a user has mapped nothing but itself, it may not leave its groups.
            setting.tolerate(Errno.EPERM);
        }
        plan.purpose("becoming group " + identity.gid());
        plan.call(SETGID, identity.gid());
        plan.purpose("becoming user " + identity.uid());
        plan.call(SETUID, identity.uid());
    }

    /** Inheritable capabilities stay empty but for ambient ones (CVE-2022-24769). */
    private void setCapabilities(PlanBuilder plan) {
        var ambient = inputs.possible(confinement.ambient());
        Set<Capability> held =
                inputs.identity().uid() == 0
                        ? inputs.possible(confinement.capabilities())
                        : ambient;
        plan.purpose("setting capabilities");
        plan.call(PRCTL, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
        long effective = Capability.mask(held);
        long inheritable = Capability.mask(ambient);
        int low = (int) effective;
        int high = (int) (effective >>> 32);
        plan.call(
                CAPSET,
                plan.ints("{_LINUX_CAPABILITY_VERSION_3, 0}", LINUX_CAPABILITY_VERSION_3, 0),
                plan.ints(
                        "{0x%x, 0x%x, 0x%x}".formatted(effective, effective, inheritable),
                        low,
                        low,
                        (int) inheritable,
                        high,
                        high,
                        (int) (inheritable >>> 32)));
        for (var capability : ambient) {
            plan.purpose("keeping " + capability.capName());
            plan.call(PRCTL, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability.number(), 0, 0);
        }
    }

    private void installFilter(PlanBuilder plan) {
        if (inputs.opened().listening() != null) {
            inputs.opened().listening().install(plan);
        }
        if (filter == null) {
            return;
        }
        plan.purpose("filtering system calls");
        int length = filter.instructions().size();
        // struct sock_fprog { unsigned short len; struct sock_filter *filter; }
        var program =
                plan.longs("{" + length + ", …}", length, plan.bytes("filter", filter.toBytes()));
        plan.call(SECCOMP, SECCOMP_SET_MODE_FILTER, filter.flags(), program);
    }
}
