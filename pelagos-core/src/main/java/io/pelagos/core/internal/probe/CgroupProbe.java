package io.pelagos.core.internal.probe;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Which limits can be set, and where; see cgroups(7). */
final class CgroupProbe {
    private static final List<String> CONTROLLERS =
            List.of("cpu", "cpuset", "memory", "pids", "io", "hugetlb");

    private CgroupProbe() {}

    static List<Finding> find(Host host) {
        var mounts = CgroupMount.of(host);
        var findings = new ArrayList<Finding>();
        findings.add(mode(mounts));
        var available = available(host, mounts);
        for (var controller : CONTROLLERS) {
            findings.add(controller(controller, available, bound(mounts)));
        }
        findings.add(hierarchies(mounts));
        findings.add(delegation(host, mounts));
        return findings;
    }

    private static Finding mode(List<CgroupMount> mounts) {
        boolean second = mounts.stream().anyMatch(CgroupMount::unified);
        boolean first = mounts.stream().anyMatch(mount -> !mount.unified());
        if (!first && !second) {
            return new Finding(
                    "cgroup mode",
                    "none",
                    "no cgroup hierarchy is mounted: no limit can be set",
                    "mount cgroup2 on /sys/fs/cgroup");
        }
        return Finding.fact(
                "cgroup mode",
                first ? (second ? "hybrid" : "v1") : "v2",
                first && second ? "v1 hierarchies beside cgroup2" : "");
    }

    /** The controllers of the own cgroup of version 2, when there is one. */
    private static Optional<Set<String>> available(Host host, List<CgroupMount> mounts) {
        return mounts.stream()
                .filter(CgroupMount::unified)
                .findFirst()
                .flatMap(CgroupMount::own)
                .flatMap(own -> host.line(own + "/cgroup.controllers"))
                .map(line -> Set.of(line.isEmpty() ? new String[0] : line.split(" ")));
    }

    private static Set<String> bound(List<CgroupMount> mounts) {
        var bound = new TreeSet<String>();
        mounts.forEach(mount -> bound.addAll(mount.controllers()));
        return bound;
    }

    private static Finding controller(
            String controller, Optional<Set<String>> available, Set<String> bound) {
        var name = "cgroup v2 " + controller;
        if (available.isPresent() && available.get().contains(controller)) {
            return Finding.yes(name, "");
        }
        if (bound.contains(controller.equals("io") ? "blkio" : controller)) {
            return Finding.no(
                    name,
                    "bound to a v1 hierarchy",
                    "mount it on cgroup2 or use the v1 driver (in use)");
        }
        return available.isPresent()
                ? Finding.no(
                        name,
                        "not among the controllers of this process's cgroup",
                        "enable it in cgroup.subtree_control of the parent cgroup"
                                + " (systemd: Delegate=yes)")
                : Finding.no(
                        name,
                        "no cgroup2 is mounted where this process is in it",
                        "mount cgroup2 on /sys/fs/cgroup");
    }

    private static Finding hierarchies(List<CgroupMount> mounts) {
        var bound = bound(mounts);
        return bound.isEmpty()
                ? Finding.fact("cgroup v1 controllers", "none", "")
                : Finding.fact("cgroup v1 controllers", "in use", String.join(" ", bound));
    }

    /** Whether cgroups can be made below the own one, hierarchy by hierarchy. */
    private static Finding delegation(Host host, List<CgroupMount> mounts) {
        var writable = new ArrayList<String>();
        var refused = new ArrayList<String>();
        for (var mount : mounts) {
            var own = mount.own();
            if (own.isPresent()) {
                (canMakeChildren(host, mount, own.get()) ? writable : refused).add(own.get());
            }
        }
        var name = "cgroup delegation";
        var remedy =
                "run as root, or start the JVM in a cgroup that is delegated to this user"
                        + " (systemd-run --user --scope -p Delegate=yes java …)";
        if (writable.isEmpty()) {
            return Finding.no(
                    name,
                    refused.isEmpty()
                            ? "this process is in no mounted cgroup"
                            : "not writable: " + String.join(" ", refused),
                    remedy);
        }
        return refused.isEmpty()
                ? Finding.yes(name, "")
                : Finding.partly(name, "not writable: " + String.join(" ", refused), remedy);
    }

    private static boolean canMakeChildren(Host host, CgroupMount mount, String own) {
        return host.files().writable(own)
                && (!mount.unified() || host.files().writable(own + "/cgroup.procs"));
    }
}
