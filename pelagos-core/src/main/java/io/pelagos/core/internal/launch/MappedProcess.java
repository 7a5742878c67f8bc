package io.pelagos.core.internal.launch;

import static io.pelagos.core.kernel.Syscall.CLOSE_RANGE;
import static io.pelagos.core.kernel.Syscall.EXIT_GROUP;
import static io.pelagos.core.kernel.Syscall.READ;
import static io.pelagos.core.kernel.Syscall.SETGID;
import static io.pelagos.core.kernel.Syscall.SETUID;
import static io.pelagos.core.kernel.Syscall.UNSHARE;
import static io.pelagos.core.kernel.Syscall.WRITE;

import io.pelagos.core.internal.launch.PlanBuilder.Label;
import io.pelagos.core.internal.launch.PlanBuilder.Pointer;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.LaunchPlan;
import io.pelagos.core.kernel.Poller;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.kernel.WaitFlag;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedChannelException;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * A process that does something for the JVM in namespaces of its own, which a JVM cannot enter:
 * setns(2) takes a process of one thread. Its only descriptor is a socket, at which it waits until
 * the JVM has written its ids, and tells how far it has come.
 */
final class MappedProcess implements AutoCloseable {
    /** What steps say that make it root of its user namespace. */
    static final String ROOT = "becoming root of the user namespace";

    /** Where its only descriptor is. */
    static final int CONTROL = 3;

    private static final int RECORD_SIZE = 8;

    private final SystemCalls calls;
    private final Poller poller;
    private final LaunchPlan plan;
    private final int pid;
    private final Fd control;

    private MappedProcess(SystemCalls calls, Poller poller, LaunchPlan plan, int pid, Fd control) {
        this.calls = calls;
        this.poller = poller;
        this.plan = plan;
        this.pid = pid;
        this.control = control;
    }

    /**
     * Composes what it does.
     *
     * @param steps adds the steps, which end with execve(2) or with {@link #tell} and exit_group(2)
     */
    static LaunchPlan plan(SystemCalls calls, Consumer<PlanBuilder> steps) {
        var plan = new PlanBuilder(calls.kernel().architecture());
        var failed = plan.onError();
        plan.purpose("closing inherited descriptors");
        plan.call(CLOSE_RANGE, 0, CONTROL - 1, 0);
        plan.call(CLOSE_RANGE, CONTROL + 1, 0xffffffffL, 0);
        steps.accept(plan);
        plan.purpose("reporting a failure");
        plan.onError(new Label());
        plan.here(failed);
        plan.call(WRITE, CONTROL, new Pointer(LaunchPlan.FAILURE, "{step, errno}"), RECORD_SIZE);
        plan.call(EXIT_GROUP, 1);
        return plan.build();
    }

    /** Adds the steps that make namespaces, one for users among them, and wait for its ids. */
    static void enter(PlanBuilder plan, String purpose, Constant namespaces) {
        plan.purpose(purpose);
        plan.call(UNSHARE, namespaces);
        tell(plan);
        plan.purpose("waiting for the JVM");
        var count = plan.slot("count");
        var mapped = new Label();
        plan.call(READ, CONTROL, plan.space("word", 8), 1).into(count);
        plan.whenResult(count, 1, mapped);
        plan.call(EXIT_GROUP, 1);
        plan.here(mapped);
        plan.purpose(ROOT);
        plan.call(SETGID, 0);
        plan.call(SETUID, 0);
    }

    /** Adds the step that tells that everything so far was done. */
    static void tell(PlanBuilder plan) {
        plan.call(WRITE, CONTROL, plan.longs("{done}", 0), RECORD_SIZE);
    }

    /**
     * Starts it.
     *
     * @param what what it is, for messages
     */
    static MappedProcess start(SystemCalls calls, Poller poller, String what, LaunchPlan plan) {
        try (var pair = calls.socketpair("the way to " + what);
                var given = Given.of(calls, List.of(pair.second().number()), CONTROL)) {
            int pid = calls.kernel().launch(plan, given.request());
            return new MappedProcess(calls, poller, plan, pid, pair.first().moved());
        }
    }

    /** What it has told: that it has come so far, or what it could not do. */
    sealed interface Told {
        /** Everything was done until there. */
        record Done() implements Told {}

        /** A step failed. */
        record Failed(LaunchPlan.Step step, Errno errno) implements Told {
            @Override
            public String toString() {
                return step.purpose() + ": " + step + ": " + errno;
            }
        }

        /** It has ended without a word: killed, or because another program has taken its place. */
        record Ended() implements Told {}
    }

    /** Waits for the next word of it. That comes soon; an interrupt is kept for the caller. */
    Told told() {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    poller.awaitReadable(control);
                    return record();
                } catch (InterruptedException _) {
                    interrupted = true;
                }
            }
        } catch (ClosedChannelException _) {
            return new Told.Ended();
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private Told record() {
        var bytes = new byte[RECORD_SIZE];
        if (calls.read(control.number(), bytes, 0, RECORD_SIZE) < RECORD_SIZE) {
            return new Told.Ended();
        }
        var fields = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int address = fields.getInt(0);
        return address == 0
                ? new Told.Done()
                : new Told.Failed(
                        plan.steps().get(plan.indexOf(address)), Errno.of(fields.getInt(4)));
    }

    /**
     * Gives it its ids, and lets it go on.
     *
     * @param mapping writes them, given the process
     */
    void map(IntConsumer mapping) {
        mapping.accept(pid);
        calls.write(control.number(), new byte[] {1}, 0, 1);
    }

    /** Waits for its end, which comes at once when it waits for a word. */
    @Override
    public void close() {
        control.close();
        calls.waitid(WaitFlag.P_PID, pid);
    }
}
