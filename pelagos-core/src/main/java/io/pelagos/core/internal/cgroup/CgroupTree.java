package io.pelagos.core.internal.cgroup;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A cgroup with everything that a container has made below it, however deep. Nothing here descends
 * by a path: each step opens one name below a descriptor.
 */
final class CgroupTree {
    private static final int SIGKILL = 9;

    /** How deep a walk goes; a container cannot make us run out of descriptors or stack. */
    private static final int DEEPEST = 512;

    private CgroupTree() {}

    /** Returns the processes of the cgroup and of those below; of other pid namespaces none. */
    static Set<Integer> processes(CgroupDirectory top) {
        var pids = new LinkedHashSet<Integer>();
        collect(top, pids, 0);
        pids.remove(0);
        return pids;
    }

    private static void collect(CgroupDirectory directory, Set<Integer> pids, int depth) {
        try {
            var processes = directory.readIfPresent("cgroup.procs");
            if (processes != null) {
                processes.lines().map(Integer::valueOf).forEach(pids::add);
            }
        } catch (ErrnoException e) {
            tolerateRemoval(e);
        }
        if (depth == DEEPEST) {
            return;
        }
        for (var name : directory.children()) {
            try (var child = directory.child(name)) {
                collect(child, pids, depth + 1);
            } catch (ErrnoException e) {
                tolerateRemoval(e);
            }
        }
    }

    /**
     * Kills every process by a descriptor that is known to be of this cgroup: it is opened first,
     * and then the cgroup is asked again whether it still has that process.
     */
    static void killProcesses(CgroupDirectory top) {
        var held = new LinkedHashMap<Integer, Fd>();
        try {
            for (int pid : processes(top)) {
                try {
                    held.put(pid, top.calls().pidfdOpen(pid));
                } catch (ErrnoException e) {
                    if (e.errno() != Errno.ESRCH && e.errno() != Errno.EINVAL) {
                        throw e;
                    }
                }
            }
            for (int pid : processes(top)) {
                var pidfd = held.get(pid);
                if (pidfd != null) {
                    boolean ignored = top.calls().pidfdSendSignal(pidfd, SIGKILL);
                }
            }
        } finally {
            held.values().forEach(Fd::close);
        }
    }

    /**
     * Removes every cgroup below this one, leaves first.
     *
     * @return false when one of them has processes
     */
    static boolean removeBelow(CgroupDirectory top) {
        while (true) {
            var busy = removeLeaves(top);
            if (busy.isEmpty()) {
                return true;
            }
            if (!descend(top, busy.getFirst())) {
                return false;
            }
        }
    }

    /**
     * Goes down the first busy child until the children of a cgroup can be removed. Only two
     * descriptors are held, whatever the depth.
     */
    private static boolean descend(CgroupDirectory above, String name) {
        CgroupDirectory at = null;
        try {
            at = above.child(name);
            while (true) {
                var before = at.children();
                if (before.isEmpty()) {
                    return !hasProcesses(at);
                }
                var busy = removeLeaves(at);
                if (busy.size() < before.size()) {
                    return true; // begin again at the top
                }
                var next = at.child(busy.getFirst());
                at.close();
                at = next;
            }
        } catch (ErrnoException e) {
            tolerateRemoval(e);
            return true;
        } finally {
            if (at != null) {
                at.close();
            }
        }
    }

    /** Tells whether there are processes here or, in version 2, anywhere below. */
    static boolean hasProcesses(CgroupDirectory directory) {
        var events = directory.readIfPresent("cgroup.events");
        return events == null
                ? !directory.read("cgroup.procs").isBlank()
                : FlatKeyed.parse(events).get("populated", 0) == 1;
    }

    private static List<String> removeLeaves(CgroupDirectory directory) {
        var busy = new ArrayList<String>();
        for (var name : directory.children()) {
            try {
                directory.removeChild(name);
            } catch (ErrnoException e) {
                switch (e.errno()) {
                    case EBUSY, ENOTEMPTY -> busy.add(name);
                    case ENOENT -> {}
                    default -> throw e;
                }
            }
        }
        return busy;
    }

    private static void tolerateRemoval(ErrnoException e) {
        if (e.errno() != Errno.ENOENT && e.errno() != Errno.ENODEV) {
            throw e;
        }
    }
}
