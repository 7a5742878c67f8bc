package io.pelagos.core.internal.plan;

import static io.pelagos.core.kernel.AtFlag.AT_FDCWD;
import static io.pelagos.core.kernel.AtFlag.AT_RECURSIVE;
import static io.pelagos.core.kernel.MountApi.OPEN_TREE_CLOEXEC;
import static io.pelagos.core.kernel.MountApi.OPEN_TREE_CLONE;
import static io.pelagos.core.kernel.Syscall.MKDIRAT;
import static io.pelagos.core.kernel.Syscall.OPEN_TREE;

import io.pelagos.core.internal.launch.PlanBuilder;
import io.pelagos.core.internal.launch.PlanBuilder.Slot;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.MountAttribute;
import io.pelagos.core.kernel.MountFlag;
import io.pelagos.core.spec.Mount;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The mounts that the caller asked for. */
final class Mounts {
    private final LaunchInputs inputs;
    private final List<Mount> mounts;
    private final Map<String, Boolean> sourceIsFile;
    private final IdMappedMounts idMapped;
    private @Nullable Slot files;

    /**
     * Makes the part.
     *
     * @param inputs what was asked for, and which sources are files
     * @param idMapped those that are open already
     */
    Mounts(LaunchInputs inputs, IdMappedMounts idMapped) {
        this.inputs = inputs;
        mounts = inputs.spec().mounts();
        sourceIsFile = inputs.sourceIsFile();
        this.idMapped = idMapped;
    }

    private Map<String, String> labelled(String type, Map<String, String> parameters) {
        return Labels.mount(inputs, type, parameters);
    }

    List<Attachment> attachments() {
        var all = new ArrayList<Attachment>();
        for (var mount : mounts) {
            all.add(
                    switch (mount) {
                        case Mount.Bind bind -> bind(bind);
                        case Mount.Tmpfs tmpfs -> tmpfs(tmpfs);
                        case Mount.FileContents file -> file(file, all.size());
                        case Mount.FileSystem fileSystem -> fileSystem(fileSystem);
                    });
        }
        return all;
    }

    /** Returns how many mounts lie over the host's root when the root is changed. */
    int overHostRoot() {
        return files == null ? 0 : 1;
    }

    static String purpose(Mount mount) {
        return "mounting " + mount.target() + " in the container";
    }

    private Attachment bind(Mount.Bind bind) {
        boolean file = sourceIsFile.getOrDefault(bind.source(), false);
        return new Attachment(
                purpose(bind),
                bind.target(),
                file ? Targets.Kind.FILE : Targets.Kind.DIRECTORY,
                true,
                spreads(bind.propagation()),
                plan -> {
                    var open = idMapped.of(bind);
                    if (open != null) {
                        return open;
                    }
                    if (bind.makesSource()) {
                        makeDirectories(plan, bind.source());
                    }
                    var mount = plan.slot(bind.source());
                    var flags = Constant.flags(OPEN_TREE_CLONE, OPEN_TREE_CLOEXEC);
                    plan.call(
                                    OPEN_TREE,
                                    AT_FDCWD,
                                    bind.source(),
                                    bind.recursive() ? Constant.flags(flags, AT_RECURSIVE) : flags)
                            .into(mount);
                    MountCalls.setAttributes(
                            plan,
                            mount,
                            bind.recursive(),
                            attributes(bind.options()),
                            propagation(bind.propagation()));
                    return mount;
                });
    }

    /** Makes a source on the host, where the caller's own path leads. */
    static void makeDirectories(PlanBuilder plan, String path) {
        for (int end = path.indexOf('/', 1); end > 0; end = path.indexOf('/', end + 1)) {
            plan.call(MKDIRAT, AT_FDCWD, path.substring(0, end), 0755).tolerate(Errno.EEXIST);
        }
        plan.call(MKDIRAT, AT_FDCWD, path, 0755).tolerate(Errno.EEXIST);
    }

    private Attachment tmpfs(Mount.Tmpfs tmpfs) {
        var parameters = new LinkedHashMap<String, String>();
        parameters.put("mode", Integer.toOctalString(tmpfs.mode().bits()));
        if (tmpfs.size().bytes() > 0) {
            parameters.put("size", Long.toString(tmpfs.size().bytes()));
        }
        return new Attachment(
                purpose(tmpfs),
                tmpfs.target(),
                Targets.Kind.DIRECTORY,
                true,
                plan ->
                        MountCalls.fileSystem(
                                plan,
                                "tmpfs",
                                labelled("tmpfs", parameters),
                                attributes(tmpfs.options())));
    }

    private Attachment fileSystem(Mount.FileSystem fileSystem) {
        return new Attachment(
                purpose(fileSystem),
                fileSystem.target(),
                Targets.Kind.DIRECTORY,
                false,
                plan ->
                        MountCalls.fileSystem(
                                plan,
                                fileSystem.type(),
                                labelled(fileSystem.type(), fileSystem.parameters()),
                                attributes(fileSystem.options())));
    }

    /**
     * Writes the file into a file system of the container's own and takes a mount of it. That file
     * system is mounted over the root of the host, where no path leads to it, and disappears with
     * the host's side when the root has been changed.
     */
    private Attachment file(Mount.FileContents file, int index) {
        return new Attachment(
                purpose(file),
                file.target(),
                Targets.Kind.FILE,
                true,
                plan -> {
                    if (files == null) {
                        files =
                                MountCalls.fileSystem(
                                        plan,
                                        "tmpfs",
                                        labelled("tmpfs", Map.of("mode", "700")),
                                        KernelFileSystems.SAFE);
                        MountCalls.attachOverHostRoot(plan, files);
                    }
                    var name = "file" + index;
                    RootTree.writeFile(plan, files, name, file.contents(), file.mode().bits());
                    var mount = plan.slot(file.target());
                    plan.call(
                                    OPEN_TREE,
                                    files,
                                    name,
                                    Constant.flags(OPEN_TREE_CLONE, OPEN_TREE_CLOEXEC))
                            .into(mount);
                    if (file.readOnly()) {
                        MountCalls.setAttributes(
                                plan,
                                mount,
                                false,
                                MountAttribute.MOUNT_ATTR_RDONLY,
                                Constant.flags());
                    }
                    return mount;
                });
    }

    static Constant attributes(Set<Mount.Option> options) {
        var flags = new ArrayList<Constant>();
        for (var option : options) {
            flags.add(
                    switch (option) {
                        case READ_ONLY -> MountAttribute.MOUNT_ATTR_RDONLY;
                        case NOSUID -> MountAttribute.MOUNT_ATTR_NOSUID;
                        case NODEV -> MountAttribute.MOUNT_ATTR_NODEV;
                        case NOEXEC -> MountAttribute.MOUNT_ATTR_NOEXEC;
                        case NOATIME -> MountAttribute.MOUNT_ATTR_NOATIME;
                    });
        }
        return Constant.flags(flags.toArray(Constant[]::new));
    }

    /** Tells whether a mount has to be taken from its peer group on the host. */
    private static boolean spreads(Mount.Propagation propagation) {
        return switch (propagation) {
            case SLAVE, SHARED -> true;
            case PRIVATE, UNBINDABLE -> false;
        };
    }

    static Constant propagation(Mount.Propagation propagation) {
        return switch (propagation) {
            case PRIVATE -> MountFlag.MS_PRIVATE;
            case SLAVE -> MountFlag.MS_SLAVE;
            case SHARED -> MountFlag.MS_SHARED;
            case UNBINDABLE -> MountFlag.MS_UNBINDABLE;
        };
    }
}
