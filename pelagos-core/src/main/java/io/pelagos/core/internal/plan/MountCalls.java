package io.pelagos.core.internal.plan;

import static io.pelagos.core.kernel.AtFlag.AT_EMPTY_PATH;
import static io.pelagos.core.kernel.AtFlag.AT_FDCWD;
import static io.pelagos.core.kernel.AtFlag.AT_RECURSIVE;
import static io.pelagos.core.kernel.MountApi.FSCONFIG_CMD_CREATE;
import static io.pelagos.core.kernel.MountApi.FSCONFIG_SET_FLAG;
import static io.pelagos.core.kernel.MountApi.FSCONFIG_SET_STRING;
import static io.pelagos.core.kernel.MountApi.FSMOUNT_CLOEXEC;
import static io.pelagos.core.kernel.MountApi.FSOPEN_CLOEXEC;
import static io.pelagos.core.kernel.MountApi.MOVE_MOUNT_F_EMPTY_PATH;
import static io.pelagos.core.kernel.MountApi.MOVE_MOUNT_T_EMPTY_PATH;
import static io.pelagos.core.kernel.MountApi.OPEN_TREE_CLOEXEC;
import static io.pelagos.core.kernel.MountApi.OPEN_TREE_CLONE;
import static io.pelagos.core.kernel.Syscall.CLOSE;
import static io.pelagos.core.kernel.Syscall.FSCONFIG;
import static io.pelagos.core.kernel.Syscall.FSMOUNT;
import static io.pelagos.core.kernel.Syscall.FSOPEN;
import static io.pelagos.core.kernel.Syscall.MOUNT_SETATTR;
import static io.pelagos.core.kernel.Syscall.MOVE_MOUNT;
import static io.pelagos.core.kernel.Syscall.OPEN_TREE;

import io.pelagos.core.internal.launch.PlanBuilder;
import io.pelagos.core.internal.launch.PlanBuilder.Slot;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.MountAttribute;
import io.pelagos.core.kernel.MountFlag;
import java.util.LinkedHashMap;
import java.util.Map;

/** The few sequences of the mount API of which file systems are made. */
final class MountCalls {
    private static final int MOUNT_ATTR_SIZE = 32;

    private static final Constant COPY = Constant.flags(OPEN_TREE_CLONE, OPEN_TREE_CLOEXEC);
    private static final Constant COPY_ALL = Constant.flags(COPY, AT_RECURSIVE);
    private static final Constant COPY_THIS = Constant.flags(COPY, AT_EMPTY_PATH);
    private static final Constant COPY_ALL_OF_THIS = Constant.flags(COPY_THIS, AT_RECURSIVE);
    private static final Constant THIS_AND_BELOW = Constant.flags(AT_EMPTY_PATH, AT_RECURSIVE);
    private static final Constant BY_DESCRIPTORS =
            Constant.flags(MOVE_MOUNT_F_EMPTY_PATH, MOVE_MOUNT_T_EMPTY_PATH);

    private MountCalls() {}

    /** Parameters in the order given, so that the same plan comes of the same specification. */
    static Map<String, String> ordered(String... pairs) {
        var map = new LinkedHashMap<String, String>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put(pairs[i], pairs[i + 1]);
        }
        return map;
    }

    /** Makes a new file system that is mounted nowhere yet. */
    static Slot fileSystem(
            PlanBuilder plan, String type, Map<String, String> parameters, Constant attributes) {
        var context = plan.slot(type + " context");
        plan.call(FSOPEN, type, FSOPEN_CLOEXEC).into(context);
        parameters.forEach(
                (key, value) -> {
                    if (value.isEmpty()) {
                        plan.call(FSCONFIG, context, FSCONFIG_SET_FLAG, key, null, 0);
                    } else {
                        plan.call(FSCONFIG, context, FSCONFIG_SET_STRING, key, value, 0);
                    }
                });
        plan.call(FSCONFIG, context, FSCONFIG_CMD_CREATE, null, null, 0);
        var mount = plan.slot(type);
        plan.call(FSMOUNT, context, FSMOUNT_CLOEXEC, attributes).into(mount);
        plan.call(CLOSE, context);
        return mount;
    }

    /** Makes a copy of a mount of the host that is mounted nowhere yet. */
    static Slot clone(PlanBuilder plan, String path, boolean recursive) {
        var mount = plan.slot(path);
        plan.call(OPEN_TREE, AT_FDCWD, path, recursive ? COPY_ALL : COPY).into(mount);
        return mount;
    }

    /** Makes a copy of the mount at a descriptor. */
    static PlanBuilder.Added clone(PlanBuilder plan, Slot source, Slot mount, boolean recursive) {
        return plan.call(OPEN_TREE, source, "", recursive ? COPY_ALL_OF_THIS : COPY_THIS)
                .into(mount);
    }

    /** Changes attributes and propagation of a mount, and of all below it. */
    static void setAttributes(
            PlanBuilder plan, Slot mount, boolean recursive, Constant set, Constant propagation) {
        setAttributes(plan, mount, recursive, set, propagation, 0);
    }

    private static void setAttributes(
            PlanBuilder plan,
            Slot mount,
            boolean recursive,
            Constant set,
            Constant propagation,
            int namespace) {
        long clear =
                (set.value(plan.architecture())
                                        & MountAttribute.MOUNT_ATTR_NOATIME.value(
                                                plan.architecture()))
                                != 0
                        ? MountAttribute.MOUNT_ATTR__ATIME.value(plan.architecture())
                        : 0;
        plan.call(
                MOUNT_SETATTR,
                mount,
                "",
                recursive ? THIS_AND_BELOW : AT_EMPTY_PATH,
                // struct mount_attr { __u64 attr_set, attr_clr, propagation, userns_fd; }
                plan.longs(
                        "{"
                                + set.name()
                                + ", "
                                + propagation.name()
                                + (namespace == 0 ? "" : ", " + namespace)
                                + "}",
                        set,
                        clear,
                        propagation,
                        namespace),
                MOUNT_ATTR_SIZE);
    }

    /** The same, and shows the owners as a user namespace maps them. */
    static void mapIds(
            PlanBuilder plan,
            Slot mount,
            boolean recursive,
            Constant set,
            Constant propagation,
            int namespace) {
        setAttributes(
                plan,
                mount,
                recursive,
                set.value(plan.architecture()) == 0
                        ? MountAttribute.MOUNT_ATTR_IDMAP
                        : Constant.flags(MountAttribute.MOUNT_ATTR_IDMAP, set),
                propagation,
                namespace);
    }

    /** Changes attributes of the root. */
    static void setRootReadOnly(PlanBuilder plan, boolean recursive) {
        plan.call(
                MOUNT_SETATTR,
                AT_FDCWD,
                "/",
                recursive ? AT_RECURSIVE : Constant.flags(),
                plan.longs("{MOUNT_ATTR_RDONLY}", MountAttribute.MOUNT_ATTR_RDONLY, 0, 0, 0),
                MOUNT_ATTR_SIZE);
    }

    /** Changes the propagation of the root alone. */
    static void setRootPropagation(PlanBuilder plan, Constant propagation) {
        plan.call(
                MOUNT_SETATTR,
                AT_FDCWD,
                "/",
                Constant.flags(),
                plan.longs("{" + propagation.name() + "}", 0, 0, propagation, 0),
                MOUNT_ATTR_SIZE);
    }

    /** Mounts what was mounted nowhere. */
    static PlanBuilder.Added attach(PlanBuilder plan, Slot mount, Slot target) {
        return plan.call(MOVE_MOUNT, mount, "", target, "", BY_DESCRIPTORS);
    }

    /** Mounts something over the root of the host in the container's mount namespace. */
    static void attachOverHostRoot(PlanBuilder plan, Slot mount) {
        plan.call(MOVE_MOUNT, mount, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH);
    }

    /** No propagation. */
    static final Constant PRIVATE = MountFlag.MS_PRIVATE;
}
