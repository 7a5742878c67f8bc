package io.pelagos.core.internal.plan;

import static io.pelagos.core.kernel.AtFlag.AT_FDCWD;
import static io.pelagos.core.kernel.MountFlag.MNT_DETACH;
import static io.pelagos.core.kernel.MountFlag.MS_PRIVATE;
import static io.pelagos.core.kernel.MountFlag.MS_REC;
import static io.pelagos.core.kernel.Syscall.CHDIR;
import static io.pelagos.core.kernel.Syscall.CLOSE;
import static io.pelagos.core.kernel.Syscall.MOUNT;
import static io.pelagos.core.kernel.Syscall.OPENAT;
import static io.pelagos.core.kernel.Syscall.PIVOT_ROOT;
import static io.pelagos.core.kernel.Syscall.STATX;
import static io.pelagos.core.kernel.Syscall.UMASK;
import static io.pelagos.core.kernel.Syscall.UMOUNT2;

import io.pelagos.core.internal.launch.PlanBuilder;
import io.pelagos.core.internal.launch.PlanBuilder.Label;
import io.pelagos.core.internal.launch.PlanBuilder.Slot;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.OpenFlag;
import io.pelagos.core.spec.ContainerPath;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/** The mounts of a container and its change of root. */
final class FileSystem {
    private static final int STATX_SIZE = 256;
    private static final int STATX_MNT_ID = 0x1000;
    private static final int STX_MNT_ID = 144;

    private final LaunchInputs inputs;
    private final IdMappedMounts idMapped;
    private final RootTree root;
    private final KernelPaths kernelPaths;
    private final KernelFileSystems kernel;
    private final Mounts mounts;
    private final List<Attachment> attachments;

    FileSystem(
            LaunchInputs inputs,
            PlanBuilder.Text hostname,
            IdMappedMounts idMapped,
            FuseRoot fuse) {
        this.inputs = inputs;
        this.idMapped = idMapped;
        var spec = inputs.spec();
        root = new RootTree(inputs, hostname, idMapped, fuse);
        kernelPaths =
                new KernelPaths(
                        spec.confinement().maskedPaths(), spec.confinement().readOnlyPaths());
        var all = new ArrayList<Attachment>();
        all.addAll(root.attachments());
        kernel = new KernelFileSystems(inputs);
        if (spec.defaultMounts()) {
            all.addAll(kernel.attachments());
        }
        mounts = new Mounts(inputs, idMapped);
        var own = mounts.attachments();
        all.addAll(spec.defaultMounts() ? own : kernel.filled(own));
        attachments = sorted(replaced(all));
    }

    /** Lets a mount of the caller's take the place of a default one with the same target. */
    private static List<Attachment> replaced(List<Attachment> all) {
        var byTarget = new LinkedHashMap<String, Attachment>();
        for (var attachment : all) {
            byTarget.remove(attachment.target());
            byTarget.put(attachment.target(), attachment);
        }
        return new ArrayList<>(byTarget.values());
    }

    private static List<Attachment> sorted(List<Attachment> all) {
        all.sort((a, b) -> Integer.compare(depth(a), depth(b)));
        return List.copyOf(all);
    }

    private static int depth(Attachment attachment) {
        return ContainerPath.depth(attachment.target());
    }

    void add(PlanBuilder plan) {
        plan.purpose("taking the mask off new files");
        plan.call(UMASK, 0);
        var opened = new Slot[attachments.size()];
        openSources(plan, opened, true);
        root.openPropagating(plan);
        plan.purpose("keeping mounts from spreading to the host");
        plan.call(MOUNT, null, "/", null, Constant.flags(MS_REC, MS_PRIVATE), null);
        openSources(plan, opened, false);
        if (mountedNull() < 0) {
            kernelPaths.openCopies(plan);
        }
        root.enter(plan);
        changeRoot(plan);
        attach(plan, opened);
        int mountedNull = mountedNull();
        kernelPaths.attach(plan, mountedNull < 0 ? null : opened[mountedNull]);
        for (var device : inputs.spec().devices()) {
            DeviceNodes.make(plan, device);
        }
        setPropagation(plan);
    }

    /**
     * Comes last: the root must not be shared while it becomes the root, and what is mounted in a
     * shared one is shared.
     */
    private void setPropagation(PlanBuilder plan) {
        var propagation = inputs.spec().rootPropagation();
        switch (propagation) {
            case PRIVATE, SLAVE -> {}
            case SHARED, UNBINDABLE -> {
                plan.purpose("setting the propagation of the root");
                MountCalls.setRootPropagation(plan, Mounts.propagation(propagation));
            }
        }
    }

    /** Returns which attachment is the host's /dev/null, or -1 when the caller has replaced it. */
    private int mountedNull() {
        for (int i = 0; i < attachments.size(); i++) {
            if (attachments.get(i).target().equals(KernelFileSystems.NULL)
                    && attachments.get(i).purpose().equals(KernelFileSystems.MOUNTING_NULL)) {
                return i;
            }
        }
        return -1;
    }

    private void openSources(PlanBuilder plan, Slot[] opened, boolean propagating) {
        for (int i = 0; i < opened.length; i++) {
            var attachment = attachments.get(i);
            if (attachment.propagates() == propagating) {
                plan.purpose(attachment.purpose());
                opened[i] = attachment.source().open(plan);
            }
        }
    }

    private void changeRoot(PlanBuilder plan) {
        plan.purpose("changing the root");
        plan.call(PIVOT_ROOT, ".", ".");
        plan.purpose("letting go of the host's files");
        // The old root lies over the new one now, and over that what was mounted over the old root.
        for (int i = 0; i <= mounts.overHostRoot() + idMapped.overHostRoot(); i++) {
            plan.call(UMOUNT2, ".", MNT_DETACH);
        }
        plan.call(CHDIR, "/");
        requireNothingAbove(plan);
    }

    /**
     * Goes on only when the parent of the root is the root: whatever still lay over it would be
     * where {@code ..} leads, and that would be the host.
     */
    private static void requireNothingAbove(PlanBuilder plan) {
        plan.purpose("making sure that no path leads out of the root");
        var root = plan.space("statx of /", STATX_SIZE);
        var parent = plan.space("statx of /..", STATX_SIZE);
        plan.call(STATX, AT_FDCWD, ".", 0, STATX_MNT_ID, root);
        plan.call(STATX, AT_FDCWD, "..", 0, STATX_MNT_ID, parent);
        var same = new Label();
        plan.whenEqual(root.at(STX_MNT_ID).value(), parent.at(STX_MNT_ID).value(), same);
        // Taking a file for a directory fails, which ends the start here.
        plan.call(OPENAT, AT_FDCWD, "..", OpenFlag.O_WRONLY, 0);
        plan.jump(plan.onError());
        plan.here(same);
    }

    private void attach(PlanBuilder plan, Slot[] opened) {
        if (kernel.suppliesRoot()) {
            kernel.makeLinks(plan);
        }
        if (inputs.spec().readOnlyRoot()) {
            protectRoot(plan);
        }
        int mountedNull = mountedNull();
        for (int i = 0; i < attachments.size(); i++) {
            var attachment = attachments.get(i);
            plan.purpose(attachment.purpose());
            var target =
                    Targets.require(
                            plan, attachment.target(), attachment.kind(), attachment.followLinks());
            MountCalls.attach(plan, opened[i], target);
            plan.call(CLOSE, target);
            if (i != mountedNull) {
                plan.call(CLOSE, opened[i]);
            }
        }
    }

    /** Makes what the root must hold, and then lets nothing in it be changed, at any depth. */
    private void protectRoot(PlanBuilder plan) {
        for (var attachment : attachments) {
            if (attachments.stream().noneMatch(attachment::isBelow)) {
                plan.purpose("making " + attachment.target() + " in the root");
                Targets.ensure(
                        plan, attachment.target(), attachment.kind(), attachment.followLinks());
            }
        }
        var cwd = inputs.spec().process().cwd();
        if (!cwd.equals("/")
                && attachments.stream().noneMatch(a -> (cwd + "/").startsWith(a.target() + "/"))) {
            plan.call(CLOSE, new Execution(inputs).requireWorkingDirectory(plan));
        }
        plan.purpose("protecting the root");
        MountCalls.setRootReadOnly(plan, true);
    }
}
