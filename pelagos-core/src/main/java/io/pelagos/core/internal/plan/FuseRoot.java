package io.pelagos.core.internal.plan;

import static io.pelagos.core.kernel.AtFlag.AT_EMPTY_PATH;
import static io.pelagos.core.kernel.Syscall.STATX;

import io.pelagos.core.internal.launch.FuseServer;
import io.pelagos.core.internal.launch.PlanBuilder;
import io.pelagos.core.internal.launch.PlanBuilder.Slot;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.MountAttribute;
import io.pelagos.core.spec.IdMap;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.OverlayBackend;
import io.pelagos.core.spec.RootSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A root of layers that fuse-overlayfs stacks, see {@link FuseServer}.
 *
 * <p>The first process makes the mount: FUSE takes a device only of the user namespace that opened
 * it, and what is mounted in the container's own mount namespace ends with that. libfuse takes
 * {@code /dev/fd/N} for a mount point whose device is open already, see "mountpoint" in
 * fuse_session_mount of its documentation. Then it asks for the attributes of the root, which waits
 * until the server answers, and fails with ENOTCONN when that has ended.
 */
public final class FuseRoot {
    /** What the step says that waits for the server. */
    public static final String WAITING = "waiting for fuse-overlayfs";

    private static final int STATX_SIZE = 256;
    private static final int STATX_BASIC_STATS = 0x7ff;

    private final LaunchInputs inputs;
    private @Nullable FuseServer server;

    FuseRoot(LaunchInputs inputs) {
        this.inputs = inputs;
    }

    /**
     * What fuse-overlayfs is on this machine.
     *
     * @param path where it is
     * @param device the number of a descriptor to which it may write what it has to say; the device
     *     takes its place
     */
    public record Program(String path, int device) {}

    /** Adds the steps of the helper that make the server, where there is one. */
    void fork(PlanBuilder plan) {
        if (inputs.spec().root() instanceof RootSpec.Layers layers
                && layers.backend() == OverlayBackend.FUSE) {
            server = FuseServer.fork(plan, inputs.channels(), program(layers));
        }
    }

    /** Adds the steps of the helper when the container has ended. */
    void finish(PlanBuilder plan) {
        if (server != null) {
            server.finish(plan);
        }
    }

    private FuseServer.Program program(RootSpec.Layers layers) {
        var program =
                Objects.requireNonNull(
                        inputs.opened().fuse(), "no fuse-overlayfs for these layers");
        var directory = Objects.requireNonNull(layers.directories().getFirst().getParent());
        return new FuseServer.Program(
                List.of(
                        program.path(),
                        "-f",
                        "-o",
                        String.join(",", options(layers)),
                        "/dev/fd/" + program.device()),
                directory.toString(),
                program.device(),
                inputs.spec().creates(Namespace.USER)
                        || inputs.opened().joined().containsKey(Namespace.USER));
    }

    private List<String> options(RootSpec.Layers layers) {
        var kept = OverlayRoot.kept(layers);
        var options = new ArrayList<String>();
        options.add(
                "lowerdir="
                        + layers.directories().reversed().stream()
                                .map(FuseRoot::name)
                                .collect(Collectors.joining(":")));
        options.add("upperdir=" + name(kept.upper()));
        options.add("workdir=" + name(kept.work()));
        // What was written is in the layer when write(2) returns, for whoever compares or copies
        // it.
        options.add("writeback=0");
        if (kept.isVolatile()) {
            options.add("volatile");
        }
        // With a single id a file of anybody else could be neither shown nor copied up.
        if (isSingle(inputs.spec().uidMap())) {
            options.add("squash_to_uid=0");
        }
        if (isSingle(inputs.spec().gidMap())) {
            options.add("squash_to_gid=0");
        }
        return options;
    }

    private static boolean isSingle(List<IdMap> maps) {
        return maps.size() == 1 && maps.getFirst().count() == 1;
    }

    /** All of them are in the working directory of the server. */
    private static String name(Path layer) {
        return String.valueOf(layer.getFileName());
    }

    /** Makes the mount, which is mounted over the root of the host. */
    Slot mount(PlanBuilder plan) {
        var server = Objects.requireNonNull(this.server);
        plan.purpose("mounting fuse-overlayfs");
        server.giveUserNamespace(plan);
        server.openDevice(plan);
        var attributes =
                inputs.spec().confinement().privileged()
                        ? Constant.flags()
                        : MountAttribute.MOUNT_ATTR_NODEV;
        var root =
                MountCalls.fileSystem(
                        plan,
                        "fuse",
                        Labels.mount(
                                inputs,
                                "fuse",
                                MountCalls.ordered(
                                        "source",
                                        "fuse-overlayfs",
                                        "subtype",
                                        "fuse-overlayfs",
                                        "fd",
                                        Integer.toString(server.device()),
                                        "rootmode",
                                        "40000",
                                        "user_id",
                                        "0",
                                        "group_id",
                                        "0",
                                        "allow_other",
                                        "",
                                        "default_permissions",
                                        "")),
                        attributes);
        server.giveDevice(plan);
        MountCalls.attachOverHostRoot(plan, root);
        plan.purpose(WAITING);
        plan.call(
                STATX,
                root,
                "",
                AT_EMPTY_PATH,
                STATX_BASIC_STATS,
                plan.space("statx of the root", STATX_SIZE));
        return root;
    }
}
