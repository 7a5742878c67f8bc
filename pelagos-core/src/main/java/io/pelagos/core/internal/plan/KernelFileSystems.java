package io.pelagos.core.internal.plan;

import static io.pelagos.core.kernel.MountAttribute.MOUNT_ATTR_NODEV;
import static io.pelagos.core.kernel.MountAttribute.MOUNT_ATTR_NOEXEC;
import static io.pelagos.core.kernel.MountAttribute.MOUNT_ATTR_NOSUID;
import static io.pelagos.core.kernel.MountAttribute.MOUNT_ATTR_RDONLY;
import static io.pelagos.core.kernel.MountAttribute.MOUNT_ATTR_STRICTATIME;
import static io.pelagos.core.kernel.Syscall.CLOSE;
import static io.pelagos.core.kernel.Syscall.MKDIRAT;
import static io.pelagos.core.kernel.Syscall.MKNODAT;
import static io.pelagos.core.kernel.Syscall.SYMLINKAT;

import io.pelagos.core.internal.launch.PlanBuilder;
import io.pelagos.core.internal.launch.PlanBuilder.Slot;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.spec.Mount;
import io.pelagos.core.spec.Namespace;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The file systems of the kernel that every container gets: {@code /proc}, {@code /sys}, {@code
 * /sys/fs/cgroup} and a {@code /dev} with nothing but the harmless devices.
 */
final class KernelFileSystems {
    static final Constant SAFE =
            Constant.flags(MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC);
    private static final Constant SAFE_READ_ONLY = Constant.flags(MOUNT_ATTR_RDONLY, SAFE);

    /** Where the host's {@code /dev/null} is mounted. */
    static final String NULL = "/dev/null";

    /** What that is for. */
    static final String MOUNTING_NULL = "mounting the host's /dev/null";

    private static final int S_IFCHR = 0020000;
    private static final int S_IFREG = 0100000;

    /** Name, major and minor number of the devices of the usual {@code /dev}. */
    private record DeviceNode(String name, int major, int minor) {}

    private static final List<DeviceNode> DEVICES =
            List.of(
                    new DeviceNode("null", 1, 3),
                    new DeviceNode("zero", 1, 5),
                    new DeviceNode("full", 1, 7),
                    new DeviceNode("random", 1, 8),
                    new DeviceNode("urandom", 1, 9),
                    new DeviceNode("tty", 5, 0));

    private static final Map<String, String> LINKS = links();

    private final LaunchInputs inputs;

    KernelFileSystems(LaunchInputs inputs) {
        this.inputs = inputs;
    }

    private static Map<String, String> links() {
        var links = new LinkedHashMap<String, String>();
        links.put("fd", "/proc/self/fd");
        links.put("stdin", "/proc/self/fd/0");
        links.put("stdout", "/proc/self/fd/1");
        links.put("stderr", "/proc/self/fd/2");
        links.put("ptmx", "pts/ptmx");
        return links;
    }

    List<Attachment> attachments() {
        var all = new ArrayList<Attachment>();
        all.add(proc());
        all.add(sys());
        if (inputs.facts().cgroup2() && !inputs.spec().shares(Namespace.CGROUP)) {
            all.add(kernel("cgroup2", "/sys/fs/cgroup", Map.of(), SAFE_READ_ONLY));
        }
        all.add(dev());
        all.add(
                kernel(
                        "devpts",
                        "/dev/pts",
                        ptsParameters(),
                        Constant.flags(MOUNT_ATTR_NOSUID, MOUNT_ATTR_NOEXEC)));
        all.add(
                kernel(
                        "tmpfs",
                        "/dev/shm",
                        MountCalls.ordered("mode", "1777", "size", "65536k"),
                        SAFE));
        all.add(kernel("mqueue", "/dev/mqueue", Map.of(), SAFE));
        all.addAll(hostDevices());
        return all;
    }

    /**
     * Fills a tmpfs that the caller mounts at {@code /dev} himself: an OCI configuration lists the
     * mount alone, and has the runtime supply the usual devices and links.
     *
     * @param mounts the caller's mounts
     * @return what is mounted then
     */
    List<Attachment> filled(List<Attachment> mounts) {
        if (suppliesRoot()) {
            return mounts.stream().map(this::checked).toList();
        }
        if (inputs.spec().mounts().stream().noneMatch(KernelFileSystems::isEmptyDev)) {
            return mounts;
        }
        var all = new ArrayList<>(hostDevices());
        for (var mount : mounts) {
            all.add(mount.target().equals("/dev") ? mount.with(this::fill) : mount);
        }
        return all;
    }

    /**
     * Tells whether the usual devices are put into a {@code /dev} that is part of the root, as for
     * an OCI configuration that mounts nothing there.
     */
    boolean suppliesRoot() {
        return !inputs.spec().defaultMounts()
                && !hasMount("/dev")
                && devices().stream().allMatch(device -> isSupplied("/dev/" + device.name()));
    }

    private boolean isSupplied(String path) {
        return inputs.spec().mounts().stream()
                .anyMatch(
                        mount ->
                                mount instanceof Mount.Bind bind
                                        && bind.source().equals(path)
                                        && bind.target().equals(path));
    }

    private boolean hasMount(String target) {
        return inputs.spec().mounts().stream().anyMatch(mount -> mount.target().equals(target));
    }

    /** Sees to it that it is the device, and that no link in the root leads elsewhere. */
    private Attachment checked(Attachment mount) {
        return devices().stream()
                .filter(device -> mount.target().equals("/dev/" + device.name()))
                .findFirst()
                .map(device -> hostDevice(device.name()))
                .orElse(mount);
    }

    /**
     * Makes the usual links in a {@code /dev} that is part of the root, where they lead anywhere.
     */
    void makeLinks(PlanBuilder plan) {
        plan.purpose("making the usual links in /dev");
        var dev = Targets.require(plan, "/dev", Targets.Kind.DIRECTORY, false);
        LINKS.forEach(
                (name, target) -> {
                    if (hasMount(target.startsWith("/proc/") ? "/proc" : "/dev/pts")) {
                        plan.call(SYMLINKAT, target, dev, name).tolerate(Errno.EEXIST);
                    }
                });
        plan.call(CLOSE, dev);
    }

    /** Nothing can be put into one that is read-only, and no device works where there are none. */
    private static boolean isEmptyDev(Mount mount) {
        return mount.target().equals("/dev")
                && switch (mount) {
                    case Mount.Tmpfs tmpfs -> takesDevices(tmpfs.options());
                    case Mount.FileSystem system ->
                            system.type().equals("tmpfs") && takesDevices(system.options());
                    case Mount.Bind _, Mount.FileContents _ -> false;
                };
    }

    private static boolean takesDevices(Set<Mount.Option> options) {
        return !options.contains(Mount.Option.READ_ONLY) && !options.contains(Mount.Option.NODEV);
    }

    private List<Attachment> hostDevices() {
        var all = new ArrayList<Attachment>();
        for (var device : devices()) {
            // That of the host is the one of which masks are copies.
            if (inputs.inUserNamespace() || device.name().equals("null")) {
                all.add(hostDevice(device.name()));
            }
        }
        return all;
    }

    /** Returns the usual devices but for those that the caller describes himself. */
    private List<DeviceNode> devices() {
        return DEVICES.stream()
                .filter(
                        usual ->
                                inputs.spec().devices().stream()
                                        .noneMatch(d -> d.path().equals("/dev/" + usual.name())))
                .toList();
    }

    private Attachment kernel(
            String type, String target, Map<String, String> parameters, Constant attributes) {
        return new Attachment(
                "mounting " + target,
                target,
                Targets.Kind.DIRECTORY,
                false,
                plan ->
                        MountCalls.fileSystem(
                                plan, type, Labels.mount(inputs, type, parameters), attributes));
    }

    /** A new procfs shows the PID namespace, and takes one that the user namespace owns. */
    private Attachment proc() {
        return inputs.inUserNamespace() && inputs.spec().shares(Namespace.PID)
                ? ofTheHost("/proc", SAFE)
                : kernel("proc", "/proc", Map.of(), SAFE);
    }

    private static Attachment ofTheHost(String path, Constant attributes) {
        return new Attachment(
                "mounting " + path,
                path,
                Targets.Kind.DIRECTORY,
                false,
                plan -> {
                    var mount = MountCalls.clone(plan, path, true);
                    MountCalls.setAttributes(plan, mount, true, attributes, MountCalls.PRIVATE);
                    return mount;
                });
    }

    /** A new sysfs shows the network namespace, so it takes one of the container's own. */
    private Attachment sys() {
        if (inputs.inUserNamespace() && inputs.spec().shares(Namespace.NETWORK)) {
            return ofTheHost("/sys", SAFE_READ_ONLY);
        }
        return kernel("sysfs", "/sys", Map.of(), SAFE_READ_ONLY);
    }

    private Map<String, String> ptsParameters() {
        // Group 5 is "tty" everywhere; where the user namespace does not map it, EINVAL.
        boolean hasTty =
                !inputs.inUserNamespace()
                        || inputs.spec().gidMap().stream()
                                .anyMatch(m -> m.inside() <= 5 && 5 < m.inside() + m.count());
        var parameters = MountCalls.ordered("newinstance", "", "ptmxmode", "0666", "mode", "0620");
        if (hasTty) {
            parameters.put("gid", "5");
        }
        return parameters;
    }

    private Attachment dev() {
        return new Attachment(
                "mounting /dev", "/dev", Targets.Kind.DIRECTORY, false, this::makeDev);
    }

    private Slot makeDev(PlanBuilder plan) {
        var dev =
                MountCalls.fileSystem(
                        plan,
                        "tmpfs",
                        Labels.mount(
                                inputs,
                                "tmpfs",
                                MountCalls.ordered("mode", "755", "size", "65536k")),
                        Constant.flags(
                                MOUNT_ATTR_NOSUID, MOUNT_ATTR_NOEXEC, MOUNT_ATTR_STRICTATIME));
        plan.call(MKDIRAT, dev, "pts", 0755);
        plan.call(MKDIRAT, dev, "shm", 01777);
        plan.call(MKDIRAT, dev, "mqueue", 0755);
        fill(plan, dev);
        return dev;
    }

    private void fill(PlanBuilder plan, Slot dev) {
        for (var device : devices()) {
            if (inputs.inUserNamespace()) {
                plan.call(MKNODAT, dev, device.name(), S_IFREG | 0644, 0);
            } else {
                plan.call(
                        MKNODAT,
                        dev,
                        device.name(),
                        S_IFCHR | 0666,
                        DeviceNodes.encode(device.major(), device.minor()));
            }
        }
        LINKS.forEach((name, target) -> plan.call(SYMLINKAT, target, dev, name));
    }

    /**
     * In a user namespace no device can be made: the host's is mounted, once it is seen to be it.
     */
    private static Attachment hostDevice(String name) {
        var device = DEVICES.stream().filter(d -> d.name().equals(name)).findFirst().orElseThrow();
        return new Attachment(
                "mounting the host's /dev/" + name,
                "/dev/" + name,
                Targets.Kind.FILE,
                false,
                plan -> {
                    var checked =
                            DeviceNodes.openChecked(
                                    plan, "/dev/" + name, device.major(), device.minor());
                    var mount = plan.slot("/dev/" + name);
                    MountCalls.clone(plan, checked, mount, false);
                    plan.call(CLOSE, checked);
                    return mount;
                });
    }
}
