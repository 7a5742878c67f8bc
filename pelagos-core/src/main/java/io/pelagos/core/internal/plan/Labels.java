package io.pelagos.core.internal.plan;

import static io.pelagos.core.kernel.AtFlag.AT_FDCWD;
import static io.pelagos.core.kernel.OpenFlag.O_CLOEXEC;
import static io.pelagos.core.kernel.OpenFlag.O_WRONLY;
import static io.pelagos.core.kernel.ResolveFlag.RESOLVE_BENEATH;
import static io.pelagos.core.kernel.ResolveFlag.RESOLVE_NO_MAGICLINKS;
import static io.pelagos.core.kernel.ResolveFlag.RESOLVE_NO_XDEV;
import static io.pelagos.core.kernel.Syscall.CLOSE;
import static io.pelagos.core.kernel.Syscall.DUP3;
import static io.pelagos.core.kernel.Syscall.FCNTL;
import static io.pelagos.core.kernel.Syscall.FSTATFS;
import static io.pelagos.core.kernel.Syscall.OPENAT;
import static io.pelagos.core.kernel.Syscall.WRITE;

import io.pelagos.core.internal.launch.PlanBuilder;
import io.pelagos.core.internal.launch.PlanBuilder.Label;
import io.pelagos.core.internal.launch.PlanBuilder.Slot;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.security.Lsm;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The label that the program gets of each security module when it is executed, see
 * proc_pid_attr(5).
 *
 * <p>The file that takes it is opened while a private procfs can still be had, before paths are
 * masked, and written when everything else is done. The kernel takes it from the process only that
 * has opened it, and the process is the same until then.
 */
final class Labels {
    private static final int PROC_SUPER_MAGIC = 0x9fa0;
    private static final int STATFS_SIZE = 120;

    /** See fcntl(2). */
    private static final int F_DUPFD_CLOEXEC = 1030;

    /** {@code self} is a link, to a number beside it. */
    private static final Constant TO_ITSELF =
            Constant.flags(RESOLVE_BENEATH, RESOLVE_NO_XDEV, RESOLVE_NO_MAGICLINKS);

    /** File systems that take the context of a mount; those of the kernel have their own. */
    private static final Set<String> KERNEL_TYPES =
            Set.of("proc", "sysfs", "cgroup", "cgroup2", "mqueue", "bpf", "securityfs");

    private final LaunchInputs inputs;
    private final List<Written> written;

    /** One for each that is written, when the files are open. */
    private final List<Slot> opened = new ArrayList<>();

    private record Written(String purpose, String file, String text) {}

    Labels(LaunchInputs inputs) {
        this.inputs = inputs;
        written = written(inputs);
    }

    private static List<Written> written(LaunchInputs inputs) {
        var labels = inputs.spec().confinement().labels();
        var written = new ArrayList<Written>();
        if (labels.apparmorProfile() != null && inputs.facts().modules().contains(Lsm.APPARMOR)) {
            written.add(
                    new Written(
                            "taking the AppArmor profile " + labels.apparmorProfile(),
                            "self/attr/apparmor/exec",
                            "exec " + labels.apparmorProfile()));
        }
        if (labels.selinuxLabel() != null && inputs.facts().modules().contains(Lsm.SELINUX)) {
            written.add(
                    new Written(
                            "taking the SELinux context " + labels.selinuxLabel(),
                            "self/attr/exec",
                            labels.selinuxLabel()));
        }
        return List.copyOf(written);
    }

    /** Opens the file for a first process, before anything of the container is mounted. */
    void open(PlanBuilder plan) {
        if (any()) {
            openBelow(plan, PrivateProc.open(plan));
        }
    }

    /**
     * Opens the file for one more process. In a user namespace a procfs cannot be made any more
     * that shows more than the container's; its own is taken when it is one, and no mount or link
     * lies in the way: of all that can be mounted there, only that of the process's own PID
     * namespace knows it.
     */
    void openInside(PlanBuilder plan) {
        if (!any()) {
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
        openBelow(plan, proc);
    }

    private void openBelow(PlanBuilder plan, Slot proc) {
        for (var label : written) {
            opened.add(PrivateProc.file(plan, proc, label.file(), label.file(), TO_ITSELF));
        }
        plan.call(CLOSE, proc);
    }

    /** Tells whether there are files, which {@link #keep} keeps. */
    boolean any() {
        return !written.isEmpty();
    }

    /**
     * Gives each file a number that does not depend on what else is open, so that all others can be
     * closed. A number that it has already is an error of dup3(2). Of two, neither must have the
     * number that the other one gets.
     */
    void keep(PlanBuilder plan) {
        if (opened.size() > 1) {
            for (int i = 0; i < opened.size(); i++) {
                var moved = plan.slot(written.get(i).file());
                plan.call(FCNTL, opened.get(i), F_DUPFD_CLOEXEC, end()).into(moved);
                opened.set(i, moved);
            }
        }
        for (int i = 0; i < opened.size(); i++) {
            plan.call(DUP3, opened.get(i), number() + i, O_CLOEXEC).tolerate(Errno.EINVAL);
        }
    }

    /** Returns the number behind the last of them. */
    int end() {
        return number() + written.size();
    }

    /** Returns the first of those numbers: behind the report pipe's last one. */
    int number() {
        int end = inputs.channels().end();
        return inputs.spec().process().descriptors().count() == 0 ? end : end + 1;
    }

    /** Writes the labels, which count from execve(2) on. */
    void write(PlanBuilder plan) {
        for (int i = 0; i < written.size(); i++) {
            var label = written.get(i);
            plan.purpose(label.purpose());
            plan.call(WRITE, number() + i, label.text(), Namespaces.length(label.text()));
            plan.call(CLOSE, number() + i);
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
