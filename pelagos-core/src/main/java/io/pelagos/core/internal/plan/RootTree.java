package io.pelagos.core.internal.plan;

import static io.pelagos.core.kernel.AtFlag.AT_FDCWD;
import static io.pelagos.core.kernel.AtFlag.AT_SYMLINK_NOFOLLOW;
import static io.pelagos.core.kernel.MountAttribute.MOUNT_ATTR_NODEV;
import static io.pelagos.core.kernel.MountAttribute.MOUNT_ATTR_NOSUID;
import static io.pelagos.core.kernel.MountAttribute.MOUNT_ATTR_RDONLY;
import static io.pelagos.core.kernel.OpenFlag.O_CLOEXEC;
import static io.pelagos.core.kernel.OpenFlag.O_CREAT;
import static io.pelagos.core.kernel.OpenFlag.O_DIRECTORY;
import static io.pelagos.core.kernel.OpenFlag.O_EXCL;
import static io.pelagos.core.kernel.OpenFlag.O_NOFOLLOW;
import static io.pelagos.core.kernel.OpenFlag.O_PATH;
import static io.pelagos.core.kernel.OpenFlag.O_WRONLY;
import static io.pelagos.core.kernel.Syscall.CLOSE;
import static io.pelagos.core.kernel.Syscall.FCHDIR;
import static io.pelagos.core.kernel.Syscall.FCHOWNAT;
import static io.pelagos.core.kernel.Syscall.MKDIRAT;
import static io.pelagos.core.kernel.Syscall.MOVE_MOUNT;
import static io.pelagos.core.kernel.Syscall.OPENAT;
import static io.pelagos.core.kernel.Syscall.SYMLINKAT;
import static io.pelagos.core.kernel.Syscall.WRITE;

import io.pelagos.core.internal.launch.PlanBuilder;
import io.pelagos.core.internal.launch.PlanBuilder.Slot;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.MountApi;
import io.pelagos.core.kernel.MountFlag;
import io.pelagos.core.spec.Bytes;
import io.pelagos.core.spec.Mount;
import io.pelagos.core.spec.Namespace;
import io.pelagos.core.spec.OverlayBackend;
import io.pelagos.core.spec.RootSpec;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes the root of a container and goes there, still on the host's side of the change of root. */
final class RootTree {
    private static final Constant MEMORY = Constant.flags(MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV);

    private final LaunchInputs inputs;
    private final PlanBuilder.Text hostname;
    private final IdMappedMounts idMapped;
    private final FuseRoot fuse;

    /** The directory that receives mounts of the host, once it is open. */
    private @Nullable Copy propagating;

    /** A copy of the mount of a directory, and the directory onto which it is mounted. */
    private record Copy(Slot place, Slot root) {}

    RootTree(
            LaunchInputs inputs,
            PlanBuilder.Text hostname,
            IdMappedMounts idMapped,
            FuseRoot fuse) {
        this.inputs = inputs;
        this.hostname = hostname;
        this.idMapped = idMapped;
        this.fuse = fuse;
    }

    /**
     * Takes the directory that receives mounts of the host from its peer group, before the
     * container's view of the host leaves that.
     */
    void openPropagating(PlanBuilder plan) {
        if (inputs.spec().rootPropagation() == Mount.Propagation.SLAVE
                && inputs.spec().root() instanceof RootSpec.Directory(var path)) {
            plan.purpose("opening the root file system");
            propagating = copy(plan, path.toString(), MountFlag.MS_SLAVE);
        }
    }

    /** Makes the root's mount the working directory, ready for pivot_root(2). */
    void enter(PlanBuilder plan) {
        plan.purpose("opening the root file system");
        var root = root(plan, inputs.spec().root());
        plan.call(FCHDIR, root);
        plan.call(CLOSE, root);
    }

    /** Not a switch: one over types takes a cold JVM as long to link as a start takes. */
    private Slot root(PlanBuilder plan, RootSpec root) {
        if (root instanceof RootSpec.Directory(var path)) {
            return directory(plan, path.toString());
        }
        if (root instanceof RootSpec.Files(var files)) {
            return files(plan, files);
        }
        if (root instanceof RootSpec.Layers layers) {
            return layers.backend() == OverlayBackend.FUSE
                    ? fuse.mount(plan)
                    : OverlayRoot.mount(plan, inputs, layers, idMapped);
        }
        return host(plan);
    }

    /** What is mounted into a view of the machine's own programs. */
    List<Attachment> attachments() {
        var all = new ArrayList<Attachment>();
        if (inputs.spec().root() instanceof RootSpec.Host) {
            for (var entry : inputs.facts().hostRoot()) {
                // Without the host's network its name servers cannot be reached.
                boolean unreachable =
                        entry.path().equals("/etc/resolv.conf")
                                && inputs.spec().creates(Namespace.NETWORK);
                if (entry.linkTarget() == null && !unreachable) {
                    all.add(hostEntry(entry));
                }
            }
        }
        return all;
    }

    private static Attachment hostEntry(HostFacts.HostEntry entry) {
        return new Attachment(
                "showing the host's " + entry.path(),
                entry.path(),
                entry.directory() ? Targets.Kind.DIRECTORY : Targets.Kind.FILE,
                false,
                plan -> {
                    var mount = MountCalls.clone(plan, entry.path(), true);
                    MountCalls.setAttributes(
                            plan,
                            mount,
                            true,
                            Constant.flags(MOUNT_ATTR_RDONLY, MEMORY),
                            MountCalls.PRIVATE);
                    return mount;
                });
    }

    /**
     * Mounts a copy of the directory onto the directory itself, by descriptor: the path is resolved
     * once.
     */
    private Slot directory(PlanBuilder plan, String path) {
        var copy = propagating == null ? copy(plan, path, MountCalls.PRIVATE) : propagating;
        MountCalls.attach(plan, copy.root(), copy.place());
        plan.call(CLOSE, copy.place());
        return copy.root();
    }

    private Copy copy(PlanBuilder plan, String path, Constant propagation) {
        var place = plan.slot(path);
        plan.call(OPENAT, AT_FDCWD, path, Constant.flags(O_PATH, O_DIRECTORY, O_CLOEXEC), 0)
                .into(place);
        var root = plan.slot("root");
        MountCalls.clone(plan, place, root, true);
        var attributes =
                inputs.spec().confinement().privileged() ? Constant.flags() : MOUNT_ATTR_NODEV;
        MountCalls.setAttributes(plan, root, true, attributes, propagation);
        return new Copy(place, root);
    }

    private Slot memory(PlanBuilder plan) {
        var root =
                MountCalls.fileSystem(
                        plan,
                        "tmpfs",
                        Labels.mount(inputs, "tmpfs", Map.of("mode", "755")),
                        MEMORY);
        plan.call(MOVE_MOUNT, root, "", AT_FDCWD, "/", MountApi.MOVE_MOUNT_F_EMPTY_PATH);
        return root;
    }

    private Slot files(PlanBuilder plan, Map<String, RootSpec.Entry> files) {
        var root = memory(plan);
        var directories = new LinkedHashSet<String>();
        for (var path : files.keySet()) {
            for (int end = path.indexOf('/', 1); end > 0; end = path.indexOf('/', end + 1)) {
                directories.add(path.substring(1, end));
            }
        }
        for (var directory : directories) {
            plan.purpose("making the directory /" + directory);
            plan.call(MKDIRAT, root, directory, 0755);
        }
        files.forEach(
                (path, entry) -> {
                    plan.purpose("writing " + path);
                    writeFile(plan, root, path.substring(1), entry.contents(), entry.mode().bits());
                });
        return root;
    }

    private Slot host(PlanBuilder plan) {
        var root = memory(plan);
        plan.purpose("making the host view");
        for (var directory : List.of("etc", "var", "run", "home", "root")) {
            plan.call(MKDIRAT, root, directory, directory.equals("root") ? 0700 : 0755);
        }
        for (var directory : List.of("tmp", "var/tmp")) {
            plan.call(MKDIRAT, root, directory, 01777);
        }
        plan.call(SYMLINKAT, "../run", root, "var/run");
        plan.call(
                FCHOWNAT,
                root,
                "home",
                inputs.identity().uid(),
                inputs.identity().gid(),
                AT_SYMLINK_NOFOLLOW);
        for (var entry : inputs.facts().hostRoot()) {
            if (entry.linkTarget() != null) {
                plan.call(SYMLINKAT, entry.linkTarget(), root, entry.path().substring(1))
                        .tolerate(Errno.EEXIST);
            }
        }
        writeHostname(
                plan,
                root,
                "etc/hosts",
                "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n127.0.1.1 ");
        writeHostname(plan, root, "etc/hostname", "");
        return root;
    }

    /** Writes a file that ends with the name of the host. */
    private void writeHostname(PlanBuilder plan, Slot root, String name, String before) {
        var file = createFile(plan, root, name, 0644);
        if (!before.isEmpty()) {
            plan.call(WRITE, file, before, Namespaces.length(before));
        }
        plan.call(WRITE, file, hostname.value(), hostname.length());
        plan.call(WRITE, file, "\n", 1);
        plan.call(CLOSE, file);
    }

    /** Writes a new file into a file system that only the plan knows yet. */
    static void writeFile(PlanBuilder plan, Slot directory, String name, Bytes contents, int mode) {
        var file = createFile(plan, directory, name, mode);
        if (contents.size() > 0) {
            plan.call(
                    WRITE,
                    file,
                    plan.bytes(contents.toString(), contents.toArray()),
                    contents.size());
        }
        plan.call(CLOSE, file);
    }

    private static Slot createFile(PlanBuilder plan, Slot directory, String name, int mode) {
        var file = plan.slot(name);
        plan.call(
                        OPENAT,
                        directory,
                        name,
                        Constant.flags(O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_CLOEXEC),
                        mode)
                .into(file);
        return file;
    }
}
