package io.pelagos.core.internal.launch;

import static io.pelagos.core.kernel.AtFlag.AT_FDCWD;
import static io.pelagos.core.kernel.OpenFlag.O_RDWR;
import static io.pelagos.core.kernel.Syscall.CHDIR;
import static io.pelagos.core.kernel.Syscall.CLOSE;
import static io.pelagos.core.kernel.Syscall.CLOSE_RANGE;
import static io.pelagos.core.kernel.Syscall.EXECVE;
import static io.pelagos.core.kernel.Syscall.EXIT_GROUP;
import static io.pelagos.core.kernel.Syscall.OPENAT;
import static io.pelagos.core.kernel.Syscall.READ;
import static io.pelagos.core.kernel.Syscall.SETGID;
import static io.pelagos.core.kernel.Syscall.SETUID;
import static io.pelagos.core.kernel.Syscall.UNSHARE;
import static io.pelagos.core.kernel.Syscall.WRITE;

import io.pelagos.core.internal.launch.PlanBuilder.Label;
import io.pelagos.core.kernel.CloneFlag;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.LaunchPlan;
import io.pelagos.core.kernel.Poller;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.kernel.WaitFlag;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * Removes a tree in which directories belong to subordinate ids of an ordinary user: only who is
 * root of a user namespace that has them may unlink what is in there. A JVM cannot enter one, since
 * setns(2) takes a process of one thread, so rm(1) does it, which follows no link and is given one
 * name in a directory.
 */
public final class MappedRemoval {
    private static final List<String> PROGRAMS = List.of("/usr/bin/rm", "/bin/rm");

    /** Where its only descriptor is. */
    private static final int CONTROL = 3;

    private MappedRemoval() {}

    /**
     * Removes it as far as that goes; whoever wants to know looks whether it is still there.
     *
     * @param calls what starts the process
     * @param poller waits for it
     * @param mapping writes the ids of a new user namespace, given the process
     * @param tree what is removed
     */
    public static void remove(SystemCalls calls, Poller poller, IntConsumer mapping, Path tree) {
        var program = PROGRAMS.stream().filter(it -> Files.isExecutable(Path.of(it))).findFirst();
        if (program.isEmpty()) {
            return;
        }
        int pid;
        Fd control;
        try (var pair = calls.socketpair("the way to a removal");
                var given = Given.of(calls, List.of(pair.second().number()), CONTROL)) {
            pid = calls.kernel().launch(plan(calls, program.get(), tree), given.request());
            control = pair.first().moved();
        }
        try (control) {
            if (isThere(calls, poller, control)) {
                mapping.accept(pid);
                calls.write(control.number(), new byte[] {1}, 0, 1);
            }
        } finally {
            calls.waitid(WaitFlag.P_PID, pid);
        }
    }

    /** Tells whether the namespace is there; a process that could not make it has ended. */
    private static boolean isThere(SystemCalls calls, Poller poller, Fd control) {
        try {
            poller.awaitReadable(control);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while files are removed", e);
        } catch (ClosedChannelException e) {
            throw new IllegalStateException("closed while files are removed", e);
        }
        return calls.read(control.number(), new byte[1], 0, 1) == 1;
    }

    private static LaunchPlan plan(SystemCalls calls, String program, Path tree) {
        var plan = new PlanBuilder(calls.kernel().architecture());
        var failed = plan.onError();
        plan.purpose("closing inherited descriptors");
        plan.call(CLOSE_RANGE, 0, CONTROL - 1, 0);
        plan.call(CLOSE_RANGE, CONTROL + 1, 0xffffffffL, 0);
        for (int stream = 0; stream < CONTROL; stream++) {
            plan.call(OPENAT, AT_FDCWD, "/dev/null", O_RDWR, 0);
        }
        plan.purpose("making a user namespace");
        plan.call(UNSHARE, CloneFlag.CLONE_NEWUSER);
        plan.call(WRITE, CONTROL, "x", 1);
        plan.purpose("waiting for the JVM");
        var count = plan.slot("count");
        var mapped = new Label();
        plan.call(READ, CONTROL, plan.space("word", 8), 1).into(count);
        plan.whenResult(count, 1, mapped);
        plan.call(EXIT_GROUP, 1);
        plan.here(mapped);
        plan.purpose("becoming root of the user namespace");
        plan.call(SETGID, 0);
        plan.call(SETUID, 0);
        plan.call(CLOSE, CONTROL);
        plan.purpose("removing files");
        plan.call(CHDIR, String.valueOf(tree.getParent()));
        plan.call(
                EXECVE,
                program,
                plan.strings(List.of("rm", "-rf", "--", String.valueOf(tree.getFileName()))),
                plan.strings(List.of("LC_ALL=C")));
        plan.onError(new Label());
        plan.here(failed);
        plan.call(EXIT_GROUP, 1);
        return plan.build();
    }
}
