package io.pelagos.core.internal.probe;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A mounted cgroup hierarchy and the directory in it where this process is; see cgroups(7), {@code
 * /proc/pid/cgroup}, and proc_pid_mountinfo(5).
 *
 * @param unified whether it is version 2
 * @param controllers the controllers of a version 1 hierarchy; none for version 2
 * @param own the directory of this process, or nothing when it is outside of what is mounted
 */
record CgroupMount(boolean unified, Set<String> controllers, Optional<String> own) {
    CgroupMount {
        controllers = Set.copyOf(controllers);
    }

    static List<CgroupMount> of(Host host) {
        var memberships = host.files().read("/proc/self/cgroup").orElse("");
        var mounts = new ArrayList<CgroupMount>();
        host.files()
                .read("/proc/self/mountinfo")
                .orElse("")
                .lines()
                .forEach(line -> parse(line, memberships).ifPresent(mounts::add));
        return mounts;
    }

    private static Optional<CgroupMount> parse(String line, String memberships) {
        var halves = line.split(" - ", 2);
        var mount = halves[0].split(" ");
        var fileSystem = halves.length == 2 ? halves[1].split(" ") : new String[0];
        if (mount.length < 6 || fileSystem.length < 3) {
            return Optional.empty();
        }
        return switch (fileSystem[0]) {
            case "cgroup2" -> Optional.of(of(true, Set.of(), mount, memberships));
            case "cgroup" -> {
                var options = Set.of(fileSystem[2].split(","));
                yield Optional.of(of(false, options, mount, memberships));
            }
            default -> Optional.empty();
        };
    }

    private static CgroupMount of(
            boolean unified, Set<String> options, String[] mount, String memberships) {
        for (var line : memberships.lines().toList()) {
            var membership = line.split(":", 3);
            if (membership.length < 3) {
                continue;
            }
            boolean same =
                    unified
                            ? membership[0].equals("0") && membership[1].isEmpty()
                            : !membership[1].isEmpty()
                                    && options.containsAll(List.of(membership[1].split(",")));
            if (same) {
                var controllers = unified ? Set.<String>of() : Set.of(membership[1].split(","));
                return new CgroupMount(
                        unified, controllers, below(mount[3], mount[4], membership[2]));
            }
        }
        return new CgroupMount(unified, Set.of(), Optional.empty());
    }

    private static Optional<String> below(String root, String mountPoint, String path) {
        var prefix = root.equals("/") ? "" : root;
        if (!path.equals(prefix) && !path.startsWith(prefix + "/")) {
            return Optional.empty();
        }
        var rest = path.substring(prefix.length());
        return Optional.of(rest.equals("/") ? mountPoint : mountPoint + rest);
    }
}
