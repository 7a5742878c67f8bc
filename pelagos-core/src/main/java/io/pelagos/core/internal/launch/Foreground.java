package io.pelagos.core.internal.launch;

import static io.pelagos.core.kernel.AtFlag.AT_FDCWD;
import static io.pelagos.core.kernel.OpenFlag.O_APPEND;
import static io.pelagos.core.kernel.OpenFlag.O_CLOEXEC;
import static io.pelagos.core.kernel.OpenFlag.O_NOFOLLOW;
import static io.pelagos.core.kernel.OpenFlag.O_RDONLY;
import static io.pelagos.core.kernel.OpenFlag.O_WRONLY;
import static io.pelagos.core.kernel.Syscall.CLOSE_RANGE;
import static io.pelagos.core.kernel.Syscall.EXIT_GROUP;
import static io.pelagos.core.kernel.Syscall.FCNTL;
import static io.pelagos.core.kernel.Syscall.GETPPID;
import static io.pelagos.core.kernel.Syscall.OPENAT;
import static io.pelagos.core.kernel.Syscall.PIDFD_OPEN;
import static io.pelagos.core.kernel.Syscall.PIDFD_SEND_SIGNAL;
import static io.pelagos.core.kernel.Syscall.PPOLL;
import static io.pelagos.core.kernel.Syscall.UNLINKAT;
import static io.pelagos.core.kernel.Syscall.WAITID;
import static io.pelagos.core.kernel.Syscall.WRITE;
import static io.pelagos.core.kernel.WaitFlag.P_PIDFD;
import static io.pelagos.core.kernel.WaitFlag.WEXITED;

import io.pelagos.core.internal.launch.PlanBuilder.Label;
import io.pelagos.core.internal.launch.PlanBuilder.Pointer;
import io.pelagos.core.internal.launch.PlanBuilder.Slot;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;

/**
 * The supervision of a container whose JVM has no native access and can pass no descriptor: a file
 * takes the report, and a pidfd of the JVM, which the helper opens itself, is the lifeline. Nothing
 * else depends on the JVM, so the helper reports the end of the container even to a JVM that is
 * just ending.
 */
final class Foreground {
    private static final int SIGKILL = 9;
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int POLLIN = 1;
    private static final long READABLE = (long) POLLIN << 48;

    private final PlanBuilder plan;
    private final Supervision.Kind.Foreground kind;
    private final Pointer polls;

    Foreground(PlanBuilder plan, Supervision.Kind.Foreground kind) {
        this.plan = plan;
        this.kind = kind;
        polls = plan.ints("{pidfd POLLIN, JVM POLLIN}", -1, POLLIN, -1, POLLIN);
    }

    /**
     * Opens what the plan needs. Nothing but the three standard streams is open at the beginning,
     * so that the descriptors have the numbers of {@link ForegroundChannels}.
     */
    void open() {
        plan.purpose("closing inherited descriptors");
        plan.call(CLOSE_RANGE, 3, 0xffffffffL, 0);
        plan.purpose("opening the report");
        plan.call(
                OPENAT,
                AT_FDCWD,
                kind.report(),
                Constant.flags(O_WRONLY, O_APPEND, O_NOFOLLOW, O_CLOEXEC),
                0);
        plan.call(UNLINKAT, AT_FDCWD, kind.report(), 0).tolerate(Errno.ENOENT);
        plan.purpose("removing the plan's own file");
        plan.call(UNLINKAT, AT_FDCWD, kind.image(), 0).tolerate(Errno.ENOENT);
        for (var file : kind.files()) {
            plan.purpose("opening " + file);
            plan.call(OPENAT, AT_FDCWD, file, Constant.flags(O_RDONLY, O_CLOEXEC), 0);
        }
        watchJvm();
    }

    /** A JVM that is still the parent after its pidfd was opened is what the pidfd refers to. */
    private void watchJvm() {
        plan.purpose("watching the JVM");
        var parent = plan.slot("parent");
        var sameJvm = new Label();
        plan.call(PIDFD_OPEN, kind.jvm(), 0).into(polls.at(8));
        plan.call(GETPPID).into(parent);
        plan.whenResult(parent, (int) kind.jvm(), sameJvm);
        plan.call(EXIT_GROUP, 1);
        plan.here(sameJvm);
    }

    /** Waits for the process or for the JVM, whichever ends first, and leaves how it ended. */
    void await(Slot pidfd) {
        plan.purpose("waiting for the container or the JVM");
        var failed = plan.onError();
        var again = new Label();
        var orphaned = new Label();
        var ended = new Label();
        var leave = new Label();
        plan.onError(orphaned);
        plan.call(FCNTL, pidfd, F_DUPFD_CLOEXEC, 3).into(polls);
        plan.here(again);
        plan.call(PPOLL, polls, 2, null, null, 0).orElse(again);
        plan.when(polls.value(), READABLE, READABLE, ended);
        plan.here(orphaned);
        plan.purpose("ending the container, because the JVM has ended");
        plan.call(PIDFD_SEND_SIGNAL, pidfd, SIGKILL, null, 0).orElse(ended);
        plan.here(ended);
        plan.purpose("reporting the end of the container");
        plan.onError(leave);
        var info = plan.space("siginfo", ForegroundReport.SIGINFO_SIZE);
        plan.call(WAITID, P_PIDFD, pidfd, info, WEXITED, null);
        plan.call(WRITE, ForegroundChannels.REPORT, info, ForegroundReport.SIGINFO_SIZE);
        plan.here(leave);
        plan.call(EXIT_GROUP, 0);
        plan.onError(failed);
    }
}
