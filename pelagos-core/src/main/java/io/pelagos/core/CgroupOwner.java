package io.pelagos.core;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.internal.cgroup.CgroupHost;
import io.pelagos.core.internal.files.OwnerMark;
import io.pelagos.core.internal.state.ProcessMark;
import io.pelagos.core.kernel.OpenFlag;
import io.pelagos.core.kernel.SystemCalls;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The JVM that the cgroups of an attached container belong to, as their name says it: {@code
 * pelagos-ID.NAMESPACE.PID.TIME}. So they are known for what they are when nobody is left who could
 * remove them. The boot needs no mention: cgroups do not outlive it.
 *
 * @param namespace the inode of the PID namespace in which the number counts
 * @param pid the process
 * @param started when it started, in clock ticks since the boot
 */
record CgroupOwner(String namespace, int pid, long started) {
    /** How the names of all cgroups of containers begin. */
    static final String PREFIX = CgroupHost.CONTAINER;

    private static final Pattern NAME =
            Pattern.compile(
                    PREFIX + "[0-9a-f]{32}\\.([0-9]{1,19})\\.([1-9][0-9]{0,8})\\.([0-9]{1,18})");

    /** Returns this JVM. */
    static CgroupOwner own(SystemCalls calls) {
        var mark = ProcessMark.own(calls);
        return new CgroupOwner(ownNamespace(calls), mark.pid(), mark.startTime());
    }

    /** Reads the name of a cgroup; empty for one that does not say whose it is. */
    static Optional<CgroupOwner> parse(String name) {
        var match = NAME.matcher(name);
        return match.matches()
                ? Optional.of(
                        new CgroupOwner(
                                match.group(1),
                                Integer.parseInt(match.group(2)),
                                Long.parseLong(match.group(3))))
                : Optional.empty();
    }

    private static String ownNamespace(SystemCalls calls) {
        var files = new FileCalls(calls);
        try (var directory = files.openPath("/proc/self/ns", OpenFlag.O_PATH)) {
            // A link such as pid:[4026531836].
            return files.readLink(directory, "pid").replaceAll("[^0-9]", "");
        }
    }

    /** Tells whether it is known to have ended; what cannot be known counts as alive. */
    boolean isDead(SystemCalls calls) {
        return namespace.equals(ownNamespace(calls))
                && !new ProcessMark(ProcessMark.bootId(calls), pid, started).isAlive(calls);
    }

    /** Tells whether it is the process of a mark, of the same boot. */
    boolean is(OwnerMark mark) {
        return mark.namespace().equals("pid:[" + namespace + "]")
                && mark.pid() == pid
                && mark.started() == started;
    }

    /** Returns the name of a cgroup of this JVM's. */
    String name(String id) {
        return PREFIX + id + "." + namespace + "." + pid + "." + started;
    }
}
