package io.pelagos.core.internal.cgroup;

import io.pelagos.core.files.FileCalls;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.spec.Bytes;
import java.util.List;

/**
 * What is left to this JVM's user to arrange as it likes, see "Delegation" in the kernel's
 * cgroup-v2.rst: the processes of a delegated cgroup may be distributed among cgroups below it, and
 * controllers may be enabled there. Elsewhere somebody else arranges (systemd.io/CGROUP_DELEGATION
 * calls it the single-writer rule), even where root could write.
 *
 * @param host whose hierarchies they are
 * @param user the effective user id of the JVM
 */
record Delegation(CgroupHost host, long user) {
    /** What systemd says of cgroups of units with {@code Delegate=}; users see the second only. */
    private static final List<String> MARKS = List.of("trusted.delegate", "user.delegate");

    private static final Bytes MARKED = Bytes.of(new byte[] {'1'});

    static Delegation of(CgroupHost host) {
        return new Delegation(host, host.calls().retry(Syscall.GETEUID));
    }

    /**
     * Tells whether a cgroup is delegated. An ordinary user may write only what somebody has given
     * to it; to root it is said by a mark, or by a cgroup namespace, whose root is delegated.
     */
    boolean covers(CgroupDirectory directory) {
        return user == 0
                ? isMarked(directory) || isRootOfNamespace(directory)
                : directory.isWritable(".")
                        && directory.isWritable("cgroup.procs")
                        && directory.isWritable("cgroup.subtree_control");
    }

    private static boolean isMarked(CgroupDirectory directory) {
        var files = new FileCalls(directory.calls());
        return MARKS.stream()
                .anyMatch(
                        mark ->
                                files.xattr(directory.fd(), mark)
                                        .filter(MARKED::equals)
                                        .isPresent());
    }

    /** The root of the hierarchy itself has no type. */
    private boolean isRootOfNamespace(CgroupDirectory directory) {
        return isTop(directory) && directory.has("cgroup.type");
    }

    /** Tells whether nothing above a cgroup can be seen. */
    boolean isTop(CgroupDirectory directory) {
        return host.hierarchies().stream()
                .anyMatch(hierarchy -> hierarchy.mountPoint().equals(directory.path()));
    }
}
