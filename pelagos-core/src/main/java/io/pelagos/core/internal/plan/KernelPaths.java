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
import org.jspecify.annotations.Nullable;

/**
 * Hides paths of the kernel and protects others from change.
 *
 * <p>What is mounted over a file is a copy of the host's {@code /dev/null}, which was checked to be
 * that device. A copy that is made and then not used costs a start a grace period of the kernel's
 * read-copy-update, so copies are made of one that is mounted already, where there is one.
 */
final class KernelPaths {
    private final List<Slot> nullMounts = new ArrayList<>();
    private final List<String> masked;
    private final List<String> readOnly;

    KernelPaths(List<String> masked, List<String> readOnly) {
        this.masked = masked;
        this.readOnly = readOnly;
    }

    /** Opens, on the host, one copy of {@code /dev/null} for each path that will be masked. */
    void openCopies(PlanBuilder plan) {
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

    /**
     * Attaches everything.
     *
     * @param mountedNull the mount of the host's {@code /dev/null} in the container, or null when
     *     copies were opened before
     */
    void attach(PlanBuilder plan, @Nullable Slot mountedNull) {
        for (var path : readOnly) {
            protect(plan, path);
        }
        for (int i = 0; i < masked.size(); i++) {
            mask(plan, masked.get(i), mountedNull, i);
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
        attachAndClose(plan, copy, target);
        plan.here(next);
    }

    /** Mounts {@code /dev/null} over a file, or an empty read-only directory over a directory. */
    private void mask(PlanBuilder plan, String path, @Nullable Slot mountedNull, int index) {
        plan.purpose("masking " + path);
        var directory = new Label();
        var notDirectory = new Label();
        var file = new Label();
        var next = new Label();
        var target = plan.slot(path);
        Targets.openDirectory(plan, path, target, false).orElse(notDirectory);
        plan.jump(directory);
        plan.here(notDirectory);
        plan.whenErrno(Errno.ENOENT, next);
        plan.whenErrno(Errno.ENOTDIR, file);
        plan.jump(plan.onError());

        plan.here(file);
        Targets.open(plan, path, target, false);
        Slot copy;
        if (mountedNull == null) {
            copy = nullMounts.get(index);
        } else {
            copy = plan.slot("null for " + path);
            MountCalls.clone(plan, mountedNull, copy, false);
        }
        attachAndClose(plan, copy, target);
        plan.jump(next);

        plan.here(directory);
        var empty =
                MountCalls.fileSystem(
                        plan,
                        "tmpfs",
                        MountCalls.ordered("size", "0", "nr_inodes", "1"),
                        Constant.flags(MOUNT_ATTR_RDONLY, KernelFileSystems.SAFE));
        attachAndClose(plan, empty, target);
        plan.here(next);
    }

    private static void attachAndClose(PlanBuilder plan, Slot mount, Slot target) {
        MountCalls.attach(plan, mount, target);
        plan.call(CLOSE, mount);
        plan.call(CLOSE, target);
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
