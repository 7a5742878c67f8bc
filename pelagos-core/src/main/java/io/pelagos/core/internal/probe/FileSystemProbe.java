package io.pelagos.core.internal.probe;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.Syscall;
import java.util.ArrayList;
import java.util.List;

/** What root file systems and mounts can be made of. */
final class FileSystemProbe {
    /** No flag of these calls: whatever else is wrong, they refuse it. */
    private static final long NO_FLAGS = 0xFFFFFFFFL;

    private FileSystemProbe() {}

    static List<Finding> find(Host host) {
        return List.of(overlay(host), userXattr(host), mountApi(host), idMapped(host));
    }

    private static boolean knowsOverlay(Host host) {
        return host.files()
                .read("/proc/filesystems")
                .orElse("")
                .lines()
                .anyMatch(line -> line.endsWith("\toverlay"));
    }

    private static Finding overlay(Host host) {
        return knowsOverlay(host)
                ? Finding.yes("overlay", "")
                : Finding.no(
                        "overlay",
                        "not in /proc/filesystems",
                        "modprobe overlay; else fuse-overlayfs is used");
    }

    /** See "userxattr" in filesystems/overlayfs.rst: mounting without privileges. */
    private static Finding userXattr(Host host) {
        var name = "overlay userxattr";
        if (!knowsOverlay(host)) {
            return Finding.no(name, "no overlay", "see overlay");
        }
        return host.version().filter(version -> version.atLeast(5, 11)).isPresent()
                ? Finding.yes(name, "")
                : Finding.no(name, "needs Linux 5.11", "boot Linux 5.14 or newer");
    }

    private static Finding mountApi(Host host) {
        var name = "new mount API";
        var missing = new ArrayList<String>();
        boolean forbidden = false;
        try (var memory = Memory.open()) {
            long fsopen =
                    host.kernel().call(Syscall.FSOPEN, memory.string("pelagos-no-such-type"), 0);
            if (fsopen == -Errno.ENOSYS.number()) {
                missing.add("fsopen");
            }
            forbidden = fsopen == -Errno.EPERM.number();
        }
        if (!host.has(Syscall.OPEN_TREE, -1, 0, NO_FLAGS)) {
            missing.add("open_tree");
        }
        if (!host.has(Syscall.MOVE_MOUNT, -1, 0, -1, 0, NO_FLAGS)) {
            missing.add("move_mount");
        }
        if (!hasMountSetattr(host)) {
            missing.add("mount_setattr");
        }
        if (!missing.isEmpty()) {
            return Finding.no(
                    name,
                    String.join(", ", missing) + ": ENOSYS",
                    "boot Linux 5.14 or newer; inside a container, allow them in its seccomp"
                            + " profile");
        }
        return Finding.yes(
                name, forbidden ? "only inside a user namespace of one's own, being rootless" : "");
    }

    private static Finding idMapped(Host host) {
        var name = "idmapped mounts";
        return hasMountSetattr(host)
                        && host.version().filter(version -> version.atLeast(5, 12)).isPresent()
                ? Finding.yes(name, "where the file system supports them")
                : Finding.no(name, "needs mount_setattr(2) of Linux 5.12", "see new mount API");
    }

    private static boolean hasMountSetattr(Host host) {
        return host.has(Syscall.MOUNT_SETATTR, -1, 0, NO_FLAGS, 0, 0);
    }
}
