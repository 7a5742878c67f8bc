package io.pelagos.core.internal.probe;

import io.pelagos.core.kernel.Syscall;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Programs, devices and id ranges that some features need. */
final class ProgramProbe {
    private static final Pattern VERSION =
            Pattern.compile("fuse-overlayfs: version ([0-9][0-9a-z.-]*)");
    private static final Pattern COUNT = Pattern.compile("\\d{1,10}");

    private ProgramProbe() {}

    static List<Finding> find(Host host) {
        return List.of(
                mapper(host, "newuidmap"),
                mapper(host, "newgidmap"),
                ranges(host, "subuid"),
                ranges(host, "subgid"),
                program(host, "pasta", "rootless networks", "install passt"),
                program(host, "nft", "listing the rules of bridge networks", "install nftables"),
                fuseOverlayfs(host),
                device(host, "/dev/fuse", "modprobe fuse"),
                device(host, "/dev/net/tun", "modprobe tun"));
    }

    private static Finding mapper(Host host, String name) {
        var path = host.program(name);
        if (path.isEmpty()) {
            return Finding.no(name, "not on the PATH", "install uidmap (or shadow-utils)");
        }
        return host.files().raisesPrivileges(path.get())
                ? Finding.yes(name, path.get())
                : Finding.no(
                        name,
                        path.get() + " is neither set-user-ID nor has it capabilities",
                        "chmod u+s " + path.get());
    }

    /** See subuid(5): {@code name-or-uid:first:count}, several lines for one user allowed. */
    private static Finding ranges(Host host, String file) {
        var name = file + " ranges";
        var user = host.files().userName();
        var uid = Long.toString(host.kernel().call(Syscall.GETUID));
        var ranges =
                host.files()
                        .read("/etc/" + file)
                        .orElse("")
                        .lines()
                        .map(line -> line.strip().split(":"))
                        .filter(fields -> fields.length == 3)
                        .filter(fields -> fields[0].equals(user) || fields[0].equals(uid))
                        .filter(fields -> COUNT.matcher(fields[1]).matches())
                        .filter(fields -> COUNT.matcher(fields[2]).matches())
                        .filter(fields -> Long.parseLong(fields[2]) > 0)
                        .map(fields -> fields[1] + "+" + fields[2])
                        .toList();
        return ranges.isEmpty()
                ? Finding.no(
                        name,
                        "/etc/" + file + " has none for " + (user.isEmpty() ? uid : user),
                        "usermod --add-"
                                + file
                                + "s 100000-165535 "
                                + (user.isEmpty() ? uid : user))
                : Finding.yes(name, String.join(" ", ranges));
    }

    private static Finding program(Host host, String name, String purpose, String remedy) {
        return host.program(name)
                .map(path -> Finding.yes(name, path))
                .orElseGet(
                        () -> Finding.no(name, "not on the PATH; needed for " + purpose, remedy));
    }

    /** See fuse-overlayfs(1); before 1.0 it did not note what was deleted as overlayfs does. */
    private static Finding fuseOverlayfs(Host host) {
        var name = "fuse-overlayfs";
        var found =
                program(
                        host,
                        name,
                        "overlays where the kernel's cannot be used",
                        "install fuse-overlayfs");
        return host.program(name)
                .flatMap(path -> host.files().version(path))
                .map(VERSION::matcher)
                .filter(Matcher::find)
                .map(version -> Finding.yes(name, found.reason() + ", version " + version.group(1)))
                .orElse(found);
    }

    private static Finding device(Host host, String path, String remedy) {
        if (!host.files().exists(path)) {
            return Finding.no(path, "absent", remedy);
        }
        return host.files().writable(path)
                ? Finding.yes(path, "")
                : Finding.no(path, "this user may not open it", "chmod 0666 " + path);
    }
}
