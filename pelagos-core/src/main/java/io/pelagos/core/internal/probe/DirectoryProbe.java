package io.pelagos.core.internal.probe;

import io.pelagos.core.kernel.Syscall;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Directories that Pelagos keeps running things in. */
final class DirectoryProbe {
    private static final String TMP = "/tmp";

    private DirectoryProbe() {}

    static List<Finding> find(Host host) {
        return List.of(runtime(host), temporary(host));
    }

    /** See the XDG base directory specification, and systemd-logind(8). */
    private static Finding runtime(Host host) {
        var name = "runtime directory";
        long uid = host.kernel().call(Syscall.GETEUID);
        if (uid == 0) {
            return Finding.yes(name, "/run/pelagos");
        }
        var remedy =
                "log in through pam_systemd (loginctl enable-linger for a service), or set"
                        + " XDG_RUNTIME_DIR to a directory of mode 0700 of this user, such as"
                        + " /run/user/"
                        + uid;
        var set = host.files().variable("XDG_RUNTIME_DIR");
        if (set.isEmpty()) {
            return Finding.partly(
                    name,
                    "XDG_RUNTIME_DIR is not set: what runs is kept in /tmp/pelagos-"
                            + uid
                            + ", which cleaners of /tmp remove",
                    remedy);
        }
        return host.files().writable(set.get())
                ? Finding.yes(name, set.get())
                : Finding.no(
                        name,
                        "XDG_RUNTIME_DIR is " + set.get() + ", where this user may not write",
                        remedy);
    }

    /** What stands in for memory where a kernel does not execute from there. */
    private static Finding temporary(Host host) {
        var name = "execution from " + TMP;
        return options(host)
                .filter(options -> options.contains("noexec"))
                .map(
                        _ ->
                                Finding.partly(
                                        name,
                                        TMP
                                                + " is mounted noexec: nothing can be started from"
                                                + " there where execution from memory is missing",
                                        "mount -o remount,exec "
                                                + TMP
                                                + ", or set XDG_RUNTIME_DIR"
                                                + " to a directory where programs may be executed"))
                .orElseGet(() -> Finding.yes(name, ""));
    }

    /** Returns the options of the mount that /tmp is on, the last of the longest path. */
    private static Optional<Set<String>> options(Host host) {
        return host.files()
                .read("/proc/self/mountinfo")
                .orElse("")
                .lines()
                .map(line -> line.split(" "))
                .filter(fields -> fields.length > 5)
                .filter(fields -> fields[4].equals(TMP) || fields[4].equals("/"))
                .reduce(
                        (one, other) ->
                                Comparator.<Integer>naturalOrder()
                                                        .compare(one[4].length(), other[4].length())
                                                > 0
                                        ? one
                                        : other)
                .map(fields -> Set.of(fields[5].split(",")));
    }
}
