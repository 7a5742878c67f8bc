package io.pelagos.core.internal.launch;

import static io.pelagos.core.kernel.Syscall.SENDMSG;

import io.pelagos.core.internal.launch.PlanBuilder.Pointer;

/**
 * The message in which a plan gives the JVM a descriptor: a number as data, and the descriptor as a
 * right (SCM_RIGHTS of unix(7)).
 *
 * @param message the {@code struct msghdr}
 * @param pid four bytes of data, where the process id goes that a pidfd refers to
 * @param pidfd where the descriptor goes, within the {@code struct cmsghdr}
 */
public record HandOver(Pointer message, Pointer pid, Pointer pidfd) {
    /** Allocates one. */
    public static HandOver allocate(PlanBuilder plan) {
        var pid = plan.space("pid", 8);
        // struct cmsghdr { size_t cmsg_len; int cmsg_level, cmsg_type; } and one descriptor
        var rights = plan.longs("pidfd", 20, 1L << 32 | 1, 0);
        var vector = plan.longs("pid", pid, 4);
        // struct msghdr { name; namelen; iov; iovlen; control; controllen; flags; }
        var message = plan.longs("{pid, SCM_RIGHTS pidfd}", 0, 0, vector, 1, rights, 24, 0);
        return new HandOver(message, pid, new Pointer(rights.address() + 16, "pidfd"));
    }

    /** Sends what has been put into it. */
    PlanBuilder.Added send(PlanBuilder plan, Channels channels) {
        return send(plan, channels.control());
    }

    /** Sends what has been put into it through a socket. */
    public PlanBuilder.Added send(PlanBuilder plan, int socket) {
        return plan.call(SENDMSG, socket, message, 0);
    }
}
