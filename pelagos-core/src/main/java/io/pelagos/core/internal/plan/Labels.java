package io.pelagos.core.internal.plan;

import static io.pelagos.core.kernel.AtFlag.AT_FDCWD;
import static io.pelagos.core.kernel.OpenFlag.O_CLOEXEC;
import static io.pelagos.core.kernel.OpenFlag.O_WRONLY;
import static io.pelagos.core.kernel.ResolveFlag.RESOLVE_BENEATH;
import static io.pelagos.core.kernel.ResolveFlag.RESOLVE_NO_MAGICLINKS;
import static io.pelagos.core.kernel.ResolveFlag.RESOLVE_NO_XDEV;
import static io.pelagos.core.kernel.Syscall.CLOSE;
import static io.pelagos.core.kernel.Syscall.DUP3;
import static io.pelagos.core.kernel.Syscall.FSTATFS;
import static io.pelagos.core.kernel.Syscall.OPENAT;
import static io.pelagos.core.kernel.Syscall.WRITE;

import io.pelagos.core.internal.launch.PlanBuilder;
import io.pelagos.core.internal.launch.PlanBuilder.Label;
import io.pelagos.core.internal.launch.PlanBuilder.Slot;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.security.Lsm;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The label that the program gets of a security module when it is executed, see proc_pid_attr(5).
 *
 * <p>The file that takes it is opened while a private procfs can still be had, before paths are
 * masked, and written when everything else is done. The kernel takes it from the process only that
 * has opened it, and the process is the same until then.
 */
final class Labels {
    private static final int PROC_SUPER_MAGIC = 0x9fa0;
    private static final int STATFS_SIZE = 120;

    /** {@code self} is a link, to a number beside it. */
    private static final Constant TO_ITSELF =
            Constant.flags(RESOLVE_BENEATH, RESOLVE_NO_XDEV, RESOLVE_NO_MAGICLINKS);

    /** File systems that take the context of a mount; those of the kernel have their own. */
    private static final Set<String> KERNEL_TYPES =
            Set.of("proc", "sysfs", "cgroup", "cgroup2", "mqueue", "bpf", "securityfs");

    private final LaunchInputs inputs;
    private final @Nullable Written written;

    /** Set when the file is open. */
    private @Nullable Slot opened;

    private record Written(String purpose, String file, String text) {}

    Labels(LaunchInputs inputs) {
        this.inputs = inputs;
        written = written(inputs);
    }

    private static @Nullable Written written(LaunchInputs inputs) {
        var labels = inputs.spec().confinement().labels();
        if (labels.apparmorProfile() != null && inputs.facts().modules().contains(Lsm.APPARMOR)) {
            return new Written(
                    "taking the AppArmor profile " + labels.apparmorProfile(),
                    "self/attr/apparmor/exec",
                    "exec " + labels.apparmorProfile());
        }
        if (labels.selinuxLabel() != null && inputs.facts().modules().contains(Lsm.SELINUX)) {
            return new Written(
                    "taking the SELinux context " + labels.selinuxLabel(),
                    "self/attr/exec",
                    labels.selinuxLabel());
        }
        return null;
    }

    /** Opens the file for a first process, before anything of the container is mounted. */
    void open(PlanBuilder plan) {
        if (written != null) {
            var proc = PrivateProc.open(plan);
            openBelow(plan, written, proc);
        }
    }

    /**
     * Opens the file for one more process. In a user namespace a procfs cannot be made any more
     * that shows more than the container's; its own is taken when it is one, and no mount or link
     * lies in the way: of all that can be mounted there, only that of the process's own PID
     * namespace knows it.
     */
    void openInside(PlanBuilder plan) {
        if (written == null) {
            return;
        }
        if (!inputs.inUserNamespace()) {
            open(plan);
            return;
        }
        plan.purpose("opening the container's procfs");
        var proc = plan.slot("/proc");
        Targets.openDirectory(plan, "/proc", proc, false);
        var status = plan.space("statfs", STATFS_SIZE);
        plan.call(FSTATFS, proc, status);
        var same = new Label();
        plan.whenResult(status.value(), PROC_SUPER_MAGIC, same);
        // No directory can be opened for writing: EISDIR.
        plan.call(OPENAT, AT_FDCWD, "/proc", O_WRONLY, 0);
        plan.call(CLOSE, -1);
        plan.here(same);
        openBelow(plan, written, proc);
    }

    private void openBelow(PlanBuilder plan, Written label, Slot proc) {
        opened = PrivateProc.file(plan, proc, label.file(), label.file(), TO_ITSELF);
        plan.call(CLOSE, proc);
    }

    /** Tells whether there is a file, which {@link #keep} keeps. */
    boolean any() {
        return written != null;
    }

    /**
     * Gives the file a number that does not depend on what else is open, so that all others can be
     * closed. A number that it has already is an error of dup3(2).
     */
    void keep(PlanBuilder plan) {
        if (written != null) {
            plan.call(DUP3, Objects.requireNonNull(opened), number(), O_CLOEXEC)
                    .tolerate(Errno.EINVAL);
        }
    }

    /** Returns that number: behind the report pipe's last one. */
    int number() {
        int end = inputs.channels().end();
        return inputs.spec().process().descriptors().count() == 0 ? end : end + 1;
    }

    /** Writes the label, which counts from execve(2) on. */
    void write(PlanBuilder plan) {
        if (written != null) {
            plan.purpose(written.purpose());
            plan.call(WRITE, number(), written.text(), Namespaces.length(written.text()));
            plan.call(CLOSE, number());
        }
    }

    /** Adds the context of a mount to the parameters of a file system that takes one. */
    static Map<String, String> mount(
            LaunchInputs inputs, String type, Map<String, String> parameters) {
        var label = inputs.spec().confinement().labels().mountLabel();
        if (label == null
                || !inputs.facts().modules().contains(Lsm.SELINUX)
                || KERNEL_TYPES.contains(type)
                || parameters.containsKey("context")) {
            return parameters;
        }
        var all = new LinkedHashMap<>(parameters);
        all.put("context", label);
        return all;
    }
}
