package io.pelagos.core.internal.launch;

import static io.pelagos.core.kernel.AtFlag.AT_FDCWD;
import static io.pelagos.core.kernel.CloneFlag.CLONE_NEWUSER;
import static io.pelagos.core.kernel.CloneFlag.CLONE_PIDFD;
import static io.pelagos.core.kernel.OpenFlag.O_CLOEXEC;
import static io.pelagos.core.kernel.OpenFlag.O_RDONLY;
import static io.pelagos.core.kernel.OpenFlag.O_RDWR;
import static io.pelagos.core.kernel.Prctl.PR_SET_NO_NEW_PRIVS;
import static io.pelagos.core.kernel.Syscall.CHDIR;
import static io.pelagos.core.kernel.Syscall.CLONE3;
import static io.pelagos.core.kernel.Syscall.CLOSE;
import static io.pelagos.core.kernel.Syscall.CLOSE_RANGE;
import static io.pelagos.core.kernel.Syscall.DUP3;
import static io.pelagos.core.kernel.Syscall.EXECVE;
import static io.pelagos.core.kernel.Syscall.EXIT_GROUP;
import static io.pelagos.core.kernel.Syscall.FCNTL;
import static io.pelagos.core.kernel.Syscall.OPENAT;
import static io.pelagos.core.kernel.Syscall.PIDFD_SEND_SIGNAL;
import static io.pelagos.core.kernel.Syscall.PPOLL;
import static io.pelagos.core.kernel.Syscall.PRCTL;
import static io.pelagos.core.kernel.Syscall.RT_SIGPROCMASK;
import static io.pelagos.core.kernel.Syscall.SENDMSG;
import static io.pelagos.core.kernel.Syscall.SETGID;
import static io.pelagos.core.kernel.Syscall.SETNS;
import static io.pelagos.core.kernel.Syscall.SETUID;
import static io.pelagos.core.kernel.Syscall.SOCKETPAIR;
import static io.pelagos.core.kernel.Syscall.WAITID;
import static io.pelagos.core.kernel.WaitFlag.P_PIDFD;
import static io.pelagos.core.kernel.WaitFlag.WEXITED;

import io.pelagos.core.internal.launch.PlanBuilder.Label;
import io.pelagos.core.internal.launch.PlanBuilder.Pointer;
import io.pelagos.core.internal.launch.PlanBuilder.Slot;
import io.pelagos.core.kernel.Constant;
import java.util.List;

/**
 * The process that serves the root of a container by FUSE, see fuse(4). The helper forks it before
 * the container's first process, and is the one to wait for it: so it is in no PID namespace, mount
 * namespace or cgroup of the container, whose processes neither see nor end it.
 *
 * <p>It waits at a socket for what the first process gives it: the container's user namespace, so
 * that it has no right that the container does not have and ids mean the same to both; and the
 * device, of which the first process has made a mount. In a user namespace the first process has to
 * open the device too, as the kernel wants it; elsewhere the server does, because the cgroup of the
 * container lets nobody in it do that. Nobody else keeps the device, so that whoever waits for an
 * answer gets an error when the server has ended.
 *
 * <p>It ends by itself when nobody has that mount any more, which is right after the last process
 * of the container has ended. Until then what was written through mappings of files may still be on
 * its way to it, so it is killed only when it has not ended after a while.
 */
public final class FuseServer {
    /** What steps say that concern it. */
    public static final String PURPOSE = "starting fuse-overlayfs";

    private static final String DEVICE = "/dev/fuse";
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int AF_UNIX = 1;
    private static final int SEQPACKET_CLOEXEC = 5 | 0x80000;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int CLOSE_RANGE_CLOEXEC = 4;
    private static final int SIG_SETMASK = 2;
    private static final int SIGKILL = 9;
    private static final int SIGCHLD = 17;
    private static final int CLONE_ARGS_SIZE = 88;
    private static final int POLLIN = 1;
    private static final long PATIENCE_SECONDS = 10;

    private final Channels channels;
    private final Program program;

    /** {@code int sv[2]}: the first process has the first. */
    private final Pointer sockets;

    /** {@code struct pollfd} of its pidfd. */
    private final Pointer polls;

    /**
     * What it executes.
     *
     * @param command an absolute path and the arguments
     * @param directory its working directory
     * @param device the number of the device's descriptor, in both processes; until they have it,
     *     of the file that takes what the program says
     * @param ownUserNamespace whether the container has a user namespace of its own
     */
    public record Program(
            List<String> command, String directory, int device, boolean ownUserNamespace) {
        /** Copies the list. */
        public Program {
            command = List.copyOf(command);
        }
    }

    private FuseServer(PlanBuilder plan, Channels channels, Program program) {
        this.channels = channels;
        this.program = program;
        sockets = plan.ints("{first process, server}", -1, -1, 0, 0);
        polls = plan.ints("{server POLLIN}", -1, POLLIN);
    }

    /** Adds the steps of the helper that make it. */
    public static FuseServer fork(PlanBuilder plan, Channels channels, Program program) {
        var server = new FuseServer(plan, channels, program);
        plan.purpose(PURPOSE);
        plan.call(SOCKETPAIR, AF_UNIX, SEQPACKET_CLOEXEC, 0, server.sockets);
        var pid = plan.slot("server");
        var inServer = new Label();
        var forked = new Label();
        plan.call(
                        CLONE3,
                        plan.longs(
                                "{CLONE_PIDFD, …}",
                                CLONE_PIDFD,
                                server.polls,
                                0,
                                0,
                                SIGCHLD,
                                0,
                                0,
                                0,
                                0,
                                0,
                                0),
                        CLONE_ARGS_SIZE)
                .into(pid);
        plan.whenResult(pid, 0, inServer);
        plan.call(CLOSE, server.sockets.at(4).value());
        plan.jump(forked);
        plan.here(inServer);
        server.serve(plan);
        plan.here(forked);
        return server;
    }

    /** What it does; it reports a failure as the others do, until it executes its program. */
    private void serve(PlanBuilder plan) {
        int device = program.device();
        plan.call(DUP3, sockets.at(4).value(), channels.control(), O_CLOEXEC);
        plan.call(CLOSE_RANGE, 0, 2, 0);
        if (device > channels.other(0)) {
            plan.call(CLOSE_RANGE, channels.other(0), device - 1, 0);
        }
        plan.call(CLOSE_RANGE, device + 1, 0xffffffffL, 0);
        plan.call(CLOSE_RANGE, channels.report(), channels.report(), CLOSE_RANGE_CLOEXEC);
        plan.call(OPENAT, AT_FDCWD, "/dev/null", O_RDWR, 0);
        plan.call(DUP3, device, 1, 0);
        plan.call(DUP3, device, 2, 0);
        plan.call(CHDIR, program.directory());
        if (!program.ownUserNamespace()) {
            var opened = HandOver.allocate(plan);
            plan.call(OPENAT, AT_FDCWD, DEVICE, Constant.flags(O_RDWR, O_CLOEXEC), 0)
                    .into(opened.pidfd());
            plan.call(SENDMSG, channels.control(), opened.message(), MSG_NOSIGNAL);
            plan.call(CLOSE, opened.pidfd().value());
        }
        if (program.ownUserNamespace()) {
            var namespace = receive(plan, "user namespace");
            plan.call(SETNS, namespace, CLONE_NEWUSER);
            plan.call(CLOSE, namespace);
            plan.call(SETGID, 0);
            plan.call(SETUID, 0);
        }
        var received = receive(plan, DEVICE);
        plan.call(DUP3, received, device, 0);
        plan.call(CLOSE, received);
        plan.call(CLOSE, channels.control());
        plan.call(PRCTL, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        plan.call(RT_SIGPROCMASK, SIG_SETMASK, plan.longs("no signal", 0), null, 8);
        plan.call(
                EXECVE,
                program.command().getFirst(),
                plan.strings(program.command()),
                plan.strings(List.of("PATH=/usr/bin:/bin", "LC_ALL=C")));
    }

    /** Ends when the first process has: that one has reported why. */
    private Slot receive(PlanBuilder plan, String what) {
        var message = Message.allocate(plan, what, 1);
        var ended = new Label();
        var received = new Label();
        message.receive(plan, channels.control(), ended);
        plan.jump(received);
        plan.here(ended);
        plan.call(EXIT_GROUP, 1);
        plan.here(received);
        return message.descriptors().getFirst();
    }

    /** Returns the number of the device's descriptor. */
    public int device() {
        return program.device();
    }

    /** Adds steps of the first process that give it the user namespace, if it takes one. */
    public void giveUserNamespace(PlanBuilder plan) {
        if (program.ownUserNamespace()) {
            var namespace = HandOver.allocate(plan);
            plan.call(
                            OPENAT,
                            AT_FDCWD,
                            "/proc/self/ns/user",
                            Constant.flags(O_RDONLY, O_CLOEXEC),
                            0)
                    .into(namespace.pidfd());
            give(plan, namespace);
        }
    }

    private void give(PlanBuilder plan, HandOver handOver) {
        plan.call(SENDMSG, sockets.value(), handOver.message(), MSG_NOSIGNAL);
        plan.call(CLOSE, handOver.pidfd().value());
    }

    /** Adds steps of the first process that open the device, or take it from the server. */
    public void openDevice(PlanBuilder plan) {
        if (program.ownUserNamespace()) {
            var opened = plan.slot(DEVICE);
            plan.call(OPENAT, AT_FDCWD, DEVICE, Constant.flags(O_RDWR, O_CLOEXEC), 0).into(opened);
            number(plan, opened);
            return;
        }
        var message = Message.allocate(plan, DEVICE, 1);
        var ended = new Label();
        var received = new Label();
        message.receive(plan, sockets.value(), ended);
        plan.jump(received);
        plan.here(ended);
        // The server has reported why, unless it was killed: to nobody nothing can be sent.
        plan.call(SENDMSG, sockets.value(), message.header(), MSG_NOSIGNAL);
        plan.jump(plan.onError());
        plan.here(received);
        number(plan, message.descriptors().getFirst());
    }

    /** A number that is known now: file systems take parameters as text. */
    private void number(PlanBuilder plan, Slot opened) {
        plan.call(DUP3, opened, program.device(), O_CLOEXEC);
        plan.call(CLOSE, opened);
    }

    /** Adds steps of the first process that give it the device, of which there is a mount. */
    public void giveDevice(PlanBuilder plan) {
        var device = HandOver.allocate(plan);
        plan.call(FCNTL, program.device(), F_DUPFD_CLOEXEC, 3).into(device.pidfd());
        give(plan, device);
        plan.call(CLOSE, program.device());
        plan.call(CLOSE, sockets.value());
    }

    /** Adds the steps of the helper that wait for its end, when the container has ended. */
    public void finish(PlanBuilder plan) {
        var failed = plan.onError();
        var gone = new Label();
        var ended = new Label();
        var count = plan.slot("count");
        plan.purpose("waiting for the end of fuse-overlayfs");
        plan.onError(gone);
        // Of a first process that has ended before it gave anything: then nothing comes any more.
        plan.call(CLOSE, sockets.value());
        plan.call(
                        PPOLL,
                        polls,
                        1,
                        plan.longs("{" + PATIENCE_SECONDS + " s}", PATIENCE_SECONDS, 0),
                        null,
                        0)
                .into(count);
        plan.whenResult(count, 1, ended);
        plan.call(PIDFD_SEND_SIGNAL, polls.value(), SIGKILL, null, 0);
        plan.here(ended);
        plan.call(WAITID, P_PIDFD, polls.value(), null, WEXITED, null);
        plan.here(gone);
        plan.onError(failed);
    }
}
