package io.pelagos.core.internal.plan;

import static io.pelagos.core.kernel.AtFlag.AT_EMPTY_PATH;
import static io.pelagos.core.kernel.AtFlag.AT_FDCWD;
import static io.pelagos.core.kernel.AtFlag.AT_SYMLINK_NOFOLLOW;
import static io.pelagos.core.kernel.OpenFlag.O_CLOEXEC;
import static io.pelagos.core.kernel.OpenFlag.O_DIRECTORY;
import static io.pelagos.core.kernel.OpenFlag.O_NOFOLLOW;
import static io.pelagos.core.kernel.OpenFlag.O_PATH;
import static io.pelagos.core.kernel.OpenFlag.O_WRONLY;
import static io.pelagos.core.kernel.Syscall.CLOSE;
import static io.pelagos.core.kernel.Syscall.FCHOWNAT;
import static io.pelagos.core.kernel.Syscall.MKNODAT;
import static io.pelagos.core.kernel.Syscall.OPENAT;
import static io.pelagos.core.kernel.Syscall.STATX;

import io.pelagos.core.internal.launch.PlanBuilder;
import io.pelagos.core.internal.launch.PlanBuilder.Label;
import io.pelagos.core.internal.launch.PlanBuilder.Slot;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.spec.ContainerPath;
import io.pelagos.core.spec.Device;

/** Device nodes: those of the host that are used, and those that a container is given. */
final class DeviceNodes {
    private static final int STATX_SIZE = 256;
    private static final int STATX_BASIC_STATS = 0x7ff;
    private static final int STX_MODE = 28;
    private static final int STX_RDEV_MAJOR = 128;
    private static final int S_IFMT = 0170000;
    private static final int S_IFCHR = 0020000;
    private static final int S_IFBLK = 0060000;
    private static final int S_IFIFO = 0010000;

    private DeviceNodes() {}

    /** Encodes a device number as mknod(2) takes it. */
    static int encode(int major, int minor) {
        return (minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12);
    }

    /**
     * Opens a character device of the host and goes on only when it is the one that it should be: a
     * {@code /dev/null} that is something else would show what it is mounted over (CVE-2025-31133).
     */
    static Slot openChecked(PlanBuilder plan, String path, int major, int minor) {
        var device = plan.slot(path);
        plan.call(OPENAT, AT_FDCWD, path, Constant.flags(O_PATH, O_NOFOLLOW, O_CLOEXEC), 0)
                .into(device);
        var status = plan.space("statx", STATX_SIZE);
        plan.call(STATX, device, "", AT_EMPTY_PATH, STATX_BASIC_STATS, status);
        var type = new Label();
        var number = new Label();
        plan.when(status.at(STX_MODE).value(), S_IFMT, S_IFCHR, type);
        refuse(plan, path);
        plan.here(type);
        plan.when(status.at(STX_RDEV_MAJOR).value(), -1L, major | (long) minor << 32, number);
        refuse(plan, path);
        plan.here(number);
        return device;
    }

    /**
     * Fails in a way that reads well: no device can be opened as a directory (ENOTDIR), and no
     * directory for writing (EISDIR). The last call fails whatever has become of the path.
     */
    private static void refuse(PlanBuilder plan, String path) {
        plan.call(OPENAT, AT_FDCWD, path, Constant.flags(O_DIRECTORY, O_NOFOLLOW, O_CLOEXEC), 0);
        plan.call(OPENAT, AT_FDCWD, path, Constant.flags(O_WRONLY, O_NOFOLLOW, O_CLOEXEC), 0);
        plan.call(CLOSE, -1);
    }

    /** Makes a device node inside the container, or mounts the host's where none can be made. */
    static void make(PlanBuilder plan, Device device) {
        plan.purpose("making the device " + device.path());
        if (ContainerPath.depth(device.path()) > 1) {
            var directory = device.path().substring(0, device.path().lastIndexOf('/'));
            Targets.ensure(plan, directory, Targets.Kind.DIRECTORY, false);
        }
        var parent = Targets.openParent(plan, device.path(), false);
        var name = device.path().substring(device.path().lastIndexOf('/') + 1);
        int type =
                switch (device.type()) {
                    case CHARACTER -> S_IFCHR;
                    case BLOCK -> S_IFBLK;
                    case FIFO -> S_IFIFO;
                };
        plan.call(
                MKNODAT,
                parent,
                name,
                type | device.mode().bits(),
                device.type() == Device.Type.FIFO ? 0 : encode(device.major(), device.minor()));
        plan.call(FCHOWNAT, parent, name, device.uid(), device.gid(), AT_SYMLINK_NOFOLLOW);
        plan.call(CLOSE, parent);
    }
}
