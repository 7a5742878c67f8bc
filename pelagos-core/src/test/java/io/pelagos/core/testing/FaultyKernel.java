package io.pelagos.core.testing;

import io.pelagos.core.kernel.Architecture;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Kernel;
import io.pelagos.core.kernel.LaunchPlan;
import io.pelagos.core.kernel.LaunchPlan.Operand;
import io.pelagos.core.kernel.LaunchRequest;
import io.pelagos.core.kernel.Spawning;
import io.pelagos.core.kernel.Syscall;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets one thing fail: a call that threads of this JVM make, or a step of a plan that is launched.
 * Everything else goes to another kernel.
 */
public final class FaultyKernel implements Kernel {
    private static final Set<Syscall> INTERRUPTIBLE =
            EnumSet.of(
                    Syscall.OPENAT,
                    Syscall.OPENAT2,
                    Syscall.READ,
                    Syscall.WRITE,
                    Syscall.RECVMSG,
                    Syscall.SENDMSG,
                    Syscall.WAITID);

    private final Kernel kernel;
    private final Object lock = new Object();
    private Predicate<Thread> victim = _ -> false;
    private @Nullable Thread spared;
    private int failingCall;
    private volatile Errno errno = Errno.EIO;
    private boolean reached;
    private int failingStep = -1;
    private int calls;
    private @Nullable String failed;
    private int steps;

    /**
     * Makes a kernel in which nothing fails yet.
     *
     * @param kernel who carries out what does not fail
     */
    public FaultyKernel(Kernel kernel) {
        this.kernel = kernel;
    }

    /**
     * Lets a call fail without having been made; close(2) closes nevertheless, as on Linux.
     *
     * @param threads whose calls count
     * @param number how many calls of these threads succeed before
     * @param error how it fails, if such a call can fail in that way
     */
    public void failCall(Predicate<Thread> threads, int number, Errno error) {
        synchronized (lock) {
            heal();
            victim = threads;
            failingCall = number;
            errno = error;
        }
    }

    /**
     * Tells whether there were as many calls as had to succeed, and one more.
     *
     * @return false when nothing was to fail yet
     */
    public boolean reached() {
        synchronized (lock) {
            return reached;
        }
    }

    /**
     * Lets a step of the plans fail with EBADF.
     *
     * @param index which step; a branch or an exit, which cannot fail, stays as it is
     */
    public void failStep(int index) {
        synchronized (lock) {
            heal();
            failingStep = index;
        }
    }

    /** Lets nothing fail any more, and counts from the beginning. */
    public void heal() {
        synchronized (lock) {
            victim = _ -> false;
            failingStep = -1;
            calls = 0;
            failed = null;
            reached = false;
        }
    }

    /**
     * Does something in which nothing fails in this thread, and whose calls do not count.
     *
     * @param action what is done
     * @return what it returns
     * @param <T> what it returns
     */
    public <T> T undisturbed(Supplier<T> action) {
        synchronized (lock) {
            spared = Thread.currentThread();
        }
        try {
            return action.get();
        } finally {
            synchronized (lock) {
                spared = null;
            }
        }
    }

    /**
     * Returns what has failed.
     *
     * @return the name of the call or the purpose of the step; null when nothing has
     */
    public @Nullable String failed() {
        synchronized (lock) {
            return failed;
        }
    }

    /**
     * Returns the size of the last plan.
     *
     * @return how many steps it had
     */
    public int steps() {
        synchronized (lock) {
            return steps;
        }
    }

    @Override
    public Architecture architecture() {
        return kernel.architecture();
    }

    @Override
    public long call(Syscall syscall, long... arguments) {
        if (!fails(syscall.callName(), canFail(syscall))) {
            return kernel.call(syscall, arguments);
        }
        if (syscall == Syscall.CLOSE) {
            long ignored = kernel.call(syscall, arguments);
        }
        return -errno.number();
    }

    /**
     * Waiting for a child can only be interrupted, and what cannot wait cannot be interrupted: see
     * waitid(2) and signal(7).
     */
    private boolean canFail(Syscall syscall) {
        return errno == Errno.EINTR ? INTERRUPTIBLE.contains(syscall) : syscall != Syscall.WAITID;
    }

    private boolean fails(String what, boolean possible) {
        synchronized (lock) {
            var caller = Thread.currentThread();
            if (caller == spared || !victim.test(caller) || calls++ != failingCall) {
                return false;
            }
            reached = true;
            if (possible) {
                failed = what;
            }
            return possible;
        }
    }

    @Override
    public int launch(LaunchPlan plan, LaunchRequest request) {
        if (fails("posix_spawn", errno != Errno.EINTR)) {
            throw new ErrnoException(errno, "posix_spawn(\"" + request.name() + "\")");
        }
        return Spawning.spawn(this, sabotaged(plan), request);
    }

    private LaunchPlan sabotaged(LaunchPlan plan) {
        synchronized (lock) {
            steps = plan.steps().size();
            if (failingStep < 0
                    || failingStep >= steps
                    || !(plan.steps().get(failingStep) instanceof LaunchPlan.Call call)
                    || call.syscall() == Syscall.EXIT_GROUP) {
                return plan;
            }
            failed = call.purpose();
            var broken =
                    new LaunchPlan.Call(
                            call.purpose(),
                            Syscall.CLOSE,
                            List.of(new Operand(Operand.Kind.CONSTANT, -1, "-1")),
                            null,
                            call.result(),
                            call.target());
            return plan.withStep(failingStep, broken);
        }
    }
}
