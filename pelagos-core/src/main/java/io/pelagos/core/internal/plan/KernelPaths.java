package io.pelagos.core.internal.plan;

import static io.pelagos.core.kernel.MountAttribute.MOUNT_ATTR_RDONLY;
import static io.pelagos.core.kernel.Syscall.CLOSE;

import io.pelagos.core.internal.launch.PlanBuilder;
import io.pelagos.core.internal.launch.PlanBuilder.Label;
import io.pelagos.core.internal.launch.PlanBuilder.Slot;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import java.util.ArrayList;
import java.util.List;

/** Hides paths of the kernel and protects others from change. */
final class KernelPaths {
    private final List<Slot> nullMounts = new ArrayList<>();
    private final List<String> masked;
    private final List<String> readOnly;

    KernelPaths(List<String> masked, List<String> readOnly) {
        this.masked = masked;
        this.readOnly = readOnly;
    }

    /** Opens, on the host, one copy of {@code /dev/null} for each path that will be masked. */
    void open(PlanBuilder plan) {
        if (masked.isEmpty()) {
            return;
        }
        plan.purpose("opening /dev/null for masks");
        var device = DeviceNodes.openChecked(plan, "/dev/null", 1, 3);
        for (var path : masked) {
            var mount = plan.slot("null for " + path);
            MountCalls.clone(plan, device, mount, false);
            nullMounts.add(mount);
        }
        plan.call(CLOSE, device);
    }

    void attach(PlanBuilder plan) {
        for (var path : readOnly) {
            protect(plan, path);
        }
        for (int i = 0; i < masked.size(); i++) {
            mask(plan, masked.get(i), nullMounts.get(i));
        }
    }

    /** Mounts a read-only copy of what is there over itself. */
    private static void protect(PlanBuilder plan, String path) {
        plan.purpose("protecting " + path);
        var present = new Label();
        var next = new Label();
        var target = openUnlessAbsent(plan, path, present, next);
        plan.here(present);
        var copy = plan.slot("read-only " + path);
        MountCalls.clone(plan, target, copy, true);
        MountCalls.setAttributes(plan, copy, true, MOUNT_ATTR_RDONLY, Constant.flags());
        MountCalls.attach(plan, copy, target);
        plan.call(CLOSE, copy);
        plan.call(CLOSE, target);
        plan.here(next);
    }

    /** Mounts {@code /dev/null} over a file, or an empty read-only directory over a directory. */
    private static void mask(PlanBuilder plan, String path, Slot nullMount) {
        plan.purpose("masking " + path);
        var present = new Label();
        var next = new Label();
        var directory = new Label();
        var attached = new Label();
        var target = openUnlessAbsent(plan, path, present, next);
        plan.here(present);
        MountCalls.attach(plan, nullMount, target).orElse(directory);
        plan.jump(attached);
        plan.here(directory);
        var isDirectory = new Label();
        plan.whenErrno(Errno.ENOTDIR, isDirectory);
        plan.whenErrno(Errno.EINVAL, isDirectory);
        plan.jump(plan.onError());
        plan.here(isDirectory);
        var empty =
                MountCalls.fileSystem(
                        plan,
                        "tmpfs",
                        MountCalls.ordered("size", "0", "nr_inodes", "1"),
                        Constant.flags(MOUNT_ATTR_RDONLY, KernelFileSystems.SAFE));
        MountCalls.attach(plan, empty, target);
        plan.call(CLOSE, empty);
        plan.here(attached);
        plan.call(CLOSE, target);
        plan.here(next);
    }

    private static Slot openUnlessAbsent(
            PlanBuilder plan, String path, Label present, Label absent) {
        var target = plan.slot(path);
        var failed = new Label();
        Targets.open(plan, path, target, false).orElse(failed);
        plan.jump(present);
        plan.here(failed);
        plan.whenErrno(Errno.ENOENT, absent);
        plan.jump(plan.onError());
        return target;
    }
}
