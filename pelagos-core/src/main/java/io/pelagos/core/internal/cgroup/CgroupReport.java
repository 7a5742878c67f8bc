package io.pelagos.core.internal.cgroup;

import io.pelagos.core.kernel.ErrnoException;
import java.util.ArrayList;
import java.util.List;

/**
 * What cgroups a host offers to this JVM.
 *
 * @param mode which versions are mounted
 * @param places one entry a hierarchy
 */
public record CgroupReport(CgroupMode mode, List<Place> places) {
    /** Copies the list. */
    public CgroupReport {
        places = List.copyOf(places);
    }

    /**
     * A hierarchy and the cgroup in it below which containers would be made.
     *
     * @param unified whether it is of version 2
     * @param mountPoint where it is mounted
     * @param controllers what can be limited there
     * @param directory the cgroup below which containers would be made
     * @param writable whether cgroups can be made there and, in version 2, controllers enabled
     * @param reason why it is usable, or why not
     */
    public record Place(
            boolean unified,
            String mountPoint,
            List<String> controllers,
            String directory,
            boolean writable,
            String reason) {}

    static CgroupReport of(CgroupHost host) {
        var places = new ArrayList<Place>();
        for (var hierarchy : host.hierarchies()) {
            var directory = hierarchy.directory(hierarchy.base());
            var reason = reason(host, hierarchy, directory);
            places.add(
                    new Place(
                            hierarchy.unified(),
                            hierarchy.mountPoint(),
                            List.copyOf(hierarchy.controllers()),
                            directory,
                            reason.isEmpty(),
                            reason.isEmpty() ? "cgroups can be made" : reason));
        }
        return new CgroupReport(host.mode(), places);
    }

    /** Returns why cgroups cannot be made, or nothing. */
    private static String reason(CgroupHost host, Hierarchy hierarchy, String path) {
        try (var directory = CgroupDirectory.open(host.calls(), path)) {
            if (!directory.isWritable(".")) {
                return "directories may not be made; " + LimitWriter.Remedies.DELEGATE;
            }
            if (hierarchy.unified()) {
                for (var file : List.of("cgroup.procs", "cgroup.subtree_control")) {
                    if (!directory.isWritable(file)) {
                        return file + " may not be written; " + LimitWriter.Remedies.DELEGATE;
                    }
                }
            }
            return "";
        } catch (ErrnoException e) {
            return e.call() + ": " + e.errno();
        }
    }

    /** Returns one line for the mode and one a hierarchy. */
    @Override
    public String toString() {
        var text = new StringBuilder(mode.toString());
        for (var place : places) {
            text.append('\n')
                    .append(place.unified ? "v2 " : "v1 ")
                    .append(place.directory)
                    .append(' ')
                    .append(place.controllers)
                    .append(": ")
                    .append(place.reason);
        }
        return text.toString();
    }
}
