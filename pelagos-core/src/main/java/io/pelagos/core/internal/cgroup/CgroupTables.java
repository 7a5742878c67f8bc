package io.pelagos.core.internal.cgroup;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads the two tables of procfs that say where the cgroup hierarchies are and where a process is
 * in them: {@code /proc/self/mountinfo} (proc_pid_mountinfo(5)) and {@code /proc/self/cgroup}
 * (cgroups(7)). Pure text in, values out.
 */
final class CgroupTables {
    private CgroupTables() {}

    /**
     * Finds the hierarchies that have controllers or are of version 2. What is listed but not
     * mounted, and what is mounted but not listed, is left out.
     *
     * @param mountinfo the text of {@code /proc/self/mountinfo}
     * @param membership the text of {@code /proc/self/cgroup}
     * @return the hierarchies, in the order in which they are mounted; version 2 without its
     *     controllers, which only the file system knows
     */
    static List<Hierarchy> parse(String mountinfo, String membership) {
        var paths = membership(membership);
        var found = new LinkedHashMap<String, Candidate>();
        for (var line : mountinfo.lines().toList()) {
            var mount = Mount.parse(line);
            if (mount == null) {
                continue;
            }
            var controllers = mount.controllers(paths.keySet());
            var key = mount.unified() ? "" : controllers.stream().findFirst().orElse(null);
            if (key == null || !paths.containsKey(key)) {
                continue;
            }
            var candidate = new Candidate(mount, controllers, paths.getOrDefault(key, "/"));
            found.merge(key, candidate, Candidate::better);
        }
        return found.values().stream().map(Candidate::hierarchy).toList();
    }

    /** Returns the path for each controller; the empty name stands for version 2. */
    private static Map<String, String> membership(String text) {
        var paths = new LinkedHashMap<String, String>();
        for (var line : text.lines().toList()) {
            var fields = line.split(":", 3);
            if (fields.length == 3 && fields[2].startsWith("/")) {
                for (var controller : fields[1].split(",", -1)) {
                    if (!controller.startsWith("name=")) {
                        paths.put(controller, fields[2]);
                    }
                }
            }
        }
        return paths;
    }

    /** A mount of a hierarchy, and where the process is in that hierarchy. */
    private record Candidate(Mount mount, Set<String> controllers, String path) {
        /** Whether the process is somewhere below what is mounted. */
        boolean contains() {
            return mount.root.equals("/")
                    || path.equals(mount.root)
                    || path.startsWith(mount.root + "/");
        }

        Candidate better(Candidate later) {
            return !contains() && later.contains() ? later : this;
        }

        /**
         * Where the process is below the mount point. A path outside of what is mounted (a cgroup
         * namespace left behind, or a part of the tree mounted by somebody else) is not reachable
         * through it; then the top of what is mounted is as near as one gets.
         */
        Hierarchy hierarchy() {
            var own =
                    mount.root.equals("/")
                            ? path
                            : contains() ? path.substring(mount.root.length()) : "/";
            if (own.isEmpty() || own.startsWith("/../")) {
                own = "/";
            }
            return new Hierarchy(
                    mount.unified(), mount.point, new LinkedHashSet<>(controllers), own);
        }
    }

    /**
     * A line of mountinfo: {@code id parent dev root point options tags... - type source super}.
     */
    private record Mount(String root, String point, String type, List<String> options) {
        static @org.jspecify.annotations.Nullable Mount parse(String line) {
            var fields = line.split(" ", -1);
            int dash = Arrays.asList(fields).indexOf("-");
            if (dash < 6 || fields.length < dash + 4) {
                return null;
            }
            var type = fields[dash + 1];
            if (!type.equals("cgroup") && !type.equals("cgroup2")) {
                return null;
            }
            var options = List.of(fields[dash + 3].split(",", -1));
            return new Mount(unescape(fields[3]), unescape(fields[4]), type, options);
        }

        boolean unified() {
            return type.equals("cgroup2");
        }

        Set<String> controllers(Set<String> known) {
            var controllers = new LinkedHashSet<String>();
            if (!unified()) {
                controllers.addAll(options);
                controllers.retainAll(known);
            }
            return controllers;
        }
    }

    /** Decodes {@code \040} and the like, in which procfs writes blanks and backslashes. */
    private static String unescape(String field) {
        if (field.indexOf('\\') < 0) {
            return field;
        }
        var parts = new ArrayList<String>(List.of(field.split("\\\\", -1)));
        var text = new StringBuilder(parts.removeFirst());
        for (var part : parts) {
            text.append((char) Integer.parseInt(part, 0, 3, 8)).append(part, 3, part.length());
        }
        return text.toString();
    }
}
