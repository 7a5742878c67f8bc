package io.pelagos.core.internal.launch;

import static io.pelagos.core.kernel.Syscall.CLOSE_RANGE;
import static io.pelagos.core.kernel.Syscall.EXIT_GROUP;
import static io.pelagos.core.kernel.Syscall.READ;
import static io.pelagos.core.kernel.Syscall.UNSHARE;
import static io.pelagos.core.kernel.Syscall.WRITE;

import io.pelagos.core.internal.launch.PlanBuilder.Label;
import io.pelagos.core.internal.launch.PlanBuilder.Pointer;
import io.pelagos.core.kernel.CloneFlag;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.LaunchPlan;
import io.pelagos.core.kernel.OpenFlag;
import io.pelagos.core.kernel.Poller;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.kernel.WaitFlag;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedChannelException;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * Makes user namespaces that nobody is in. A JVM has many threads and cannot go into one of its
 * own, see unshare(2), so a process does it that does nothing else, and ends when the JVM has a
 * descriptor of the namespace, or itself ends.
 */
public final class NamespaceHolder {
    /** Where its only descriptor is. */
    private static final int CONTROL = 3;

    private static final int WORD = 4;

    private NamespaceHolder() {}

    private static LaunchPlan plan(SystemCalls calls) {
        var plan = new PlanBuilder(calls.kernel().architecture());
        var failed = plan.onError();
        plan.purpose("closing inherited descriptors");
        plan.call(CLOSE_RANGE, 0, CONTROL - 1, 0);
        plan.call(CLOSE_RANGE, CONTROL + 1, 0xffffffffL, 0);
        plan.purpose("making a user namespace");
        plan.call(UNSHARE, CloneFlag.CLONE_NEWUSER);
        plan.purpose("waiting for the JVM");
        plan.call(WRITE, CONTROL, plan.ints("{0}", 0), WORD);
        plan.call(READ, CONTROL, plan.space("word", 8), 1);
        plan.call(EXIT_GROUP, 0);
        plan.purpose("reporting a failure");
        plan.onError(new Label());
        plan.here(failed);
        plan.call(WRITE, CONTROL, new Pointer(LaunchPlan.FAILURE + 4, "errno"), WORD);
        plan.call(EXIT_GROUP, 1);
        return plan.build();
    }

    /**
     * Makes a user namespace.
     *
     * @param calls how
     * @param poller waits for the process
     * @param mapping writes the ranges of ids, given a process that is in it
     * @return what alone keeps it
     */
    public static Fd make(SystemCalls calls, Poller poller, IntConsumer mapping) {
        int pid;
        Fd control;
        try (var pair = calls.socketpair("the way to the holder of a user namespace");
                var given = Given.of(calls, List.of(pair.second().number()), CONTROL)) {
            pid = calls.kernel().launch(plan(calls), given.request());
            control = pair.first().moved();
        }
        try (control) {
            awaitNamespace(calls, poller, control);
            mapping.accept(pid);
            return calls.open(null, "/proc/" + pid + "/ns/user", OpenFlag.O_RDONLY);
        } finally {
            calls.waitid(WaitFlag.P_PID, pid);
        }
    }

    private static void awaitNamespace(SystemCalls calls, Poller poller, Fd control) {
        try {
            poller.awaitReadable(control);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while a user namespace is made", e);
        } catch (ClosedChannelException e) {
            throw new IllegalStateException("closed while a user namespace is made", e);
        }
        var word = new byte[WORD];
        int count = calls.read(control.number(), word, 0, WORD);
        int errno =
                count == WORD ? ByteBuffer.wrap(word).order(ByteOrder.LITTLE_ENDIAN).getInt() : -1;
        if (errno != 0) {
            throw errno < 0
                    ? new IllegalStateException(
                            "the process that makes a user namespace was killed")
                    : new ErrnoException(Errno.of(errno), "unshare(CLONE_NEWUSER)");
        }
    }
}
