package io.pelagos.core.internal.plan;

import static io.pelagos.core.kernel.AtFlag.AT_FDCWD;
import static io.pelagos.core.kernel.MountApi.FSCONFIG_CMD_CREATE;
import static io.pelagos.core.kernel.MountApi.FSCONFIG_SET_FLAG;
import static io.pelagos.core.kernel.MountApi.FSCONFIG_SET_STRING;
import static io.pelagos.core.kernel.MountApi.FSMOUNT_CLOEXEC;
import static io.pelagos.core.kernel.MountApi.FSOPEN_CLOEXEC;
import static io.pelagos.core.kernel.OpenFlag.O_CLOEXEC;
import static io.pelagos.core.kernel.OpenFlag.O_DIRECTORY;
import static io.pelagos.core.kernel.OpenFlag.O_PATH;
import static io.pelagos.core.kernel.Syscall.CLOSE;
import static io.pelagos.core.kernel.Syscall.FCHDIR;
import static io.pelagos.core.kernel.Syscall.FSCONFIG;
import static io.pelagos.core.kernel.Syscall.FSMOUNT;
import static io.pelagos.core.kernel.Syscall.FSOPEN;
import static io.pelagos.core.kernel.Syscall.MOUNT;
import static io.pelagos.core.kernel.Syscall.OPENAT;

import io.pelagos.core.internal.launch.PlanBuilder;
import io.pelagos.core.internal.launch.PlanBuilder.Slot;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.MountAttribute;
import io.pelagos.core.kernel.MountFlag;
import io.pelagos.core.security.KernelVersion;
import io.pelagos.core.spec.RootSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Stacks the layers of a root by overlayfs, see filesystems/overlayfs.rst of the kernel.
 *
 * <p>A layer is named relative to its parent directory, which is the working directory at that
 * moment. So a name fits the 255 bytes that fsconfig(2) takes, whatever the length of its path; and
 * the hundreds of names that mount(2) takes before Linux 6.5 fit one page.
 *
 * <p>Neither metadata-only copies nor redirected directories are made: each would leave a layer
 * that means nothing without those below it. They are not followed either, so that no layer from
 * elsewhere can point outside of its own tree.
 */
public final class OverlayRoot {
    /** The first version with {@code lowerdir+}. */
    private static final KernelVersion LAYER_BY_LAYER = new KernelVersion(6, 5);

    private static final int PAGE = 4096;

    private final PlanBuilder plan;
    private final Slot context;
    private @Nullable Path directory;

    private OverlayRoot(PlanBuilder plan, Slot context) {
        this.plan = plan;
        this.context = context;
    }

    /**
     * Tells whether layers must be given as short names in a single directory, for want of a way to
     * give them one by one.
     *
     * @param kernel the version of the kernel
     */
    public static boolean takesShortNames(KernelVersion kernel) {
        return !kernel.atLeast(LAYER_BY_LAYER);
    }

    /** Makes the mount, which is mounted over the root of the host or over a directory of it. */
    static Slot mount(
            PlanBuilder plan,
            LaunchInputs inputs,
            RootSpec.Layers layers,
            IdMappedMounts idMapped) {
        var kept = kept(layers);
        plan.purpose("stacking the layers of the root");
        boolean userXattr = inputs.inUserNamespace();
        if (takesShortNames(inputs.facts().kernel())) {
            return mountByNames(plan, inputs, layers, kept, userXattr);
        }
        var context = plan.slot("overlay context");
        plan.call(FSOPEN, "overlay", FSOPEN_CLOEXEC).into(context);
        var overlay = new OverlayRoot(plan, context);
        if (layers.idMapped()) {
            overlay.setOpened(idMapped, kept);
        } else {
            overlay.setLayers(layers, kept);
        }
        for (var option : options(kept.isVolatile(), userXattr)) {
            overlay.set(option);
        }
        Labels.mount(inputs, "overlay", Map.of())
                .forEach((key, label) -> overlay.set(key + "=" + label));
        plan.call(FSCONFIG, context, FSCONFIG_CMD_CREATE, null, null, 0);
        var root = plan.slot("overlay");
        var attributes =
                inputs.spec().confinement().privileged()
                        ? Constant.flags()
                        : MountAttribute.MOUNT_ATTR_NODEV;
        plan.call(FSMOUNT, context, FSMOUNT_CLOEXEC, attributes).into(root);
        plan.call(CLOSE, context);
        MountCalls.attachOverHostRoot(plan, root);
        return root;
    }

    private void setLayers(RootSpec.Layers layers, RootSpec.Upper.Kept kept) {
        for (var layer : layers.directories().reversed()) {
            set("lowerdir+", layer);
        }
        set("upperdir", kept.upper());
        set("workdir", kept.work());
    }

    /**
     * Overlayfs takes layers only of mounts in the mount namespace of whoever stacks them: so those
     * that the helper has made are mounted over the root of the host, where no path leads to them,
     * and disappear with it.
     */
    private void setOpened(IdMappedMounts idMapped, RootSpec.Upper.Kept kept) {
        for (var layer : idMapped.layers()) {
            goOpened(layer);
            plan.call(FSCONFIG, context, FSCONFIG_SET_STRING, "lowerdir+", ".", 0);
            plan.call(CLOSE, layer);
        }
        goOpened(idMapped.writable());
        setName("upperdir", kept.upper().getFileName());
        setName("workdir", kept.work().getFileName());
        plan.call(CLOSE, idMapped.writable());
    }

    private void goOpened(Slot mount) {
        MountCalls.attachOverHostRoot(plan, mount);
        plan.call(FCHDIR, mount);
    }

    private void setName(String parameter, @Nullable Path name) {
        if (name == null || !isPlain(name.toString())) {
            throw new IllegalArgumentException(
                    parameter + " " + name + ": must be without ',', ':' and '\\' to be mapped");
        }
        plan.call(FSCONFIG, context, FSCONFIG_SET_STRING, parameter, name.toString(), 0);
    }

    static RootSpec.Upper.Kept kept(RootSpec.Layers layers) {
        return switch (layers.upper()) {
            case RootSpec.Upper.Kept kept -> kept;
            case RootSpec.Upper.Ephemeral _ ->
                    throw new IllegalStateException("no directory was made for the writable layer");
        };
    }

    /** The options beside the layers, as {@code key=value} or as a flag. */
    private static List<String> options(boolean isVolatile, boolean userXattr) {
        var options = new ArrayList<String>();
        options.add("metacopy=off");
        options.add("redirect_dir=nofollow");
        options.add("index=off");
        if (isVolatile) {
            options.add("volatile");
        }
        if (userXattr) {
            options.add("userxattr");
        }
        return options;
    }

    private void set(String option) {
        int equals = option.indexOf('=');
        if (equals < 0) {
            plan.call(FSCONFIG, context, FSCONFIG_SET_FLAG, option, null, 0);
        } else {
            plan.call(
                    FSCONFIG,
                    context,
                    FSCONFIG_SET_STRING,
                    option.substring(0, equals),
                    option.substring(equals + 1),
                    0);
        }
    }

    private void set(String parameter, Path layer) {
        var parent = layer.getParent();
        var name = layer.getFileName();
        if (parent == null || name == null || !isPlain(name.toString())) {
            go(layer);
            name = Path.of(".");
        } else {
            go(parent);
        }
        plan.call(FSCONFIG, context, FSCONFIG_SET_STRING, parameter, name.toString(), 0);
    }

    /** Some characters mean something to overlayfs or to the mount API in some versions. */
    private static boolean isPlain(String name) {
        return name.chars().noneMatch(c -> ",:\\".indexOf(c) >= 0);
    }

    private void go(Path to) {
        if (!to.equals(directory)) {
            enter(plan, to);
            directory = to;
        }
    }

    private static void enter(PlanBuilder plan, Path directory) {
        var slot = plan.slot(directory.toString());
        plan.call(
                        OPENAT,
                        AT_FDCWD,
                        directory.toString(),
                        Constant.flags(O_PATH, O_DIRECTORY, O_CLOEXEC),
                        0)
                .into(slot);
        plan.call(FCHDIR, slot);
        plan.call(CLOSE, slot);
    }

    /** Before Linux 6.5: all names in one string of at most a page. */
    private static Slot mountByNames(
            PlanBuilder plan,
            LaunchInputs inputs,
            RootSpec.Layers layers,
            RootSpec.Upper.Kept kept,
            boolean userXattr) {
        var directory = Objects.requireNonNull(layers.directories().getFirst().getParent());
        var data = new StringBuilder("lowerdir=");
        for (var layer : layers.directories().reversed()) {
            data.append(name(directory, layer)).append(':');
        }
        data.setCharAt(data.length() - 1, ',');
        data.append("upperdir=").append(name(directory, kept.upper()));
        data.append(",workdir=").append(name(directory, kept.work())).append(',');
        data.append(String.join(",", options(kept.isVolatile(), userXattr)));
        Labels.mount(inputs, "overlay", Map.of())
                .forEach((key, label) -> data.append("," + key + "=\"" + label + "\""));
        if (data.length() >= PAGE) {
            throw new IllegalArgumentException(
                    "layers: "
                            + layers.directories().size()
                            + " of them are more than this kernel takes; Linux 6.5 takes 500");
        }
        enter(plan, directory);
        plan.call(MOUNT, "overlay", ".", "overlay", MountFlag.MS_NODEV, data.toString());
        var root = plan.slot("overlay");
        plan.call(
                        OPENAT,
                        AT_FDCWD,
                        directory.toString(),
                        Constant.flags(O_PATH, O_DIRECTORY, O_CLOEXEC),
                        0)
                .into(root);
        return root;
    }

    private static String name(Path directory, Path layer) {
        var name = layer.getFileName();
        if (name == null || !directory.equals(layer.getParent())) {
            throw new IllegalStateException("the layer " + layer + " is not in " + directory);
        }
        return name.toString();
    }
}
