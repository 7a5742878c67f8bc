package io.pelagos.core.internal.probe;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Which namespaces can be made; see namespaces(7) and user_namespaces(7). */
final class NamespaceProbe {
    static final String USERNS = "user namespaces";
    private static final String CLONE = "/proc/sys/kernel/unprivileged_userns_clone";
    private static final String APPARMOR = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns";

    private NamespaceProbe() {}

    static List<Finding> find(Host host) {
        var user = user(host);
        var findings = new ArrayList<Finding>();
        findings.add(user);
        findings.add(appArmor(host));
        for (var kind : Kind.values()) {
            findings.add(other(host, kind, user));
        }
        return findings;
    }

    private static Finding user(Host host) {
        var missing = missing(host, "user", USERNS);
        if (missing.isPresent()) {
            return missing.get();
        }
        if (host.hasCapability(Host.CAP_SYS_ADMIN)) {
            return Finding.yes(USERNS, "");
        }
        if (host.line(CLONE).equals(Optional.of("0"))) {
            return Finding.no(
                    USERNS,
                    "kernel.unprivileged_userns_clone is 0, and CAP_SYS_ADMIN is missing",
                    "sysctl -w kernel.unprivileged_userns_clone=1, or run as root");
        }
        if (host.line(APPARMOR).equals(Optional.of("1"))) {
            return Finding.no(
                    USERNS,
                    "AppArmor leaves them without capabilities"
                            + " (kernel.apparmor_restrict_unprivileged_userns is 1)",
                    "give this java an AppArmor profile that allows \"userns\","
                            + " sysctl -w kernel.apparmor_restrict_unprivileged_userns=0,"
                            + " or run as root");
        }
        return Finding.yes(USERNS, "");
    }

    private static Finding appArmor(Host host) {
        var name = "AppArmor restriction of user namespaces";
        return switch (host.line(APPARMOR).orElse("")) {
            case "" -> Finding.fact(name, "none", "this kernel has no such restriction");
            case "0" -> Finding.fact(name, "off", "");
            default ->
                    host.hasCapability(Host.CAP_SYS_ADMIN)
                            ? Finding.fact(name, "on", "this process is not subject to it")
                            : new Finding(name, "on", "", "see user namespaces");
        };
    }

    private static Finding other(Host host, Kind kind, Finding user) {
        var name = kind.text + " namespaces";
        var missing = missing(host, kind.file, name);
        if (missing.isPresent()) {
            return missing.get();
        }
        if (host.hasCapability(Host.CAP_SYS_ADMIN)) {
            return Finding.yes(name, "");
        }
        return user.value().equals("yes")
                ? Finding.yes(name, "together with a user namespace")
                : Finding.no(
                        name,
                        "CAP_SYS_ADMIN is missing, and so are user namespaces",
                        "see user namespaces");
    }

    /** What stops even a privileged process. */
    private static Optional<Finding> missing(Host host, String file, String name) {
        if (!host.files().exists("/proc/self/ns/" + file)) {
            return Optional.of(
                    Finding.no(
                            name,
                            "/proc/self/ns/" + file + " is absent: not in this kernel",
                            "boot a kernel that has them"));
        }
        var sysctl = "user.max_" + file + "_namespaces";
        if (host.line("/proc/sys/" + sysctl.replace('.', '/')).equals(Optional.of("0"))) {
            return Optional.of(
                    Finding.no(name, sysctl + " is 0", "sysctl -w " + sysctl + "=10000"));
        }
        return Optional.empty();
    }

    private enum Kind {
        MOUNT("mount", "mnt"),
        PID("pid", "pid"),
        UTS("uts", "uts"),
        IPC("ipc", "ipc"),
        NETWORK("network", "net"),
        CGROUP("cgroup", "cgroup"),
        TIME("time", "time");

        final String text;
        final String file;

        Kind(String text, String file) {
            this.text = text;
            this.file = file;
        }
    }
}
