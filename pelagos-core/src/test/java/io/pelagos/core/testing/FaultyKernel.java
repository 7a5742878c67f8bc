package io.pelagos.core.testing;

import io.pelagos.core.kernel.Architecture;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.Kernel;
import io.pelagos.core.kernel.LaunchPlan;
import io.pelagos.core.kernel.LaunchPlan.Operand;
import io.pelagos.core.kernel.LaunchRequest;
import io.pelagos.core.kernel.Syscall;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lets one thing fail: a call that a thread of this JVM makes, or a step of a plan that is
 * launched. Everything else goes to another kernel.
 */
public final class FaultyKernel implements Kernel {
    private final Kernel kernel;
    private final Object lock = new Object();
    private @Nullable Thread victim;
    private int failingCall = Integer.MAX_VALUE;
    private Errno errno = Errno.EIO;
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
     * @param number how many calls of the calling thread succeed before
     * @param error how it fails
     */
    public void failCall(int number, Errno error) {
        synchronized (lock) {
            heal();
            victim = Thread.currentThread();
            failingCall = number;
            errno = error;
        }
    }

    /**
     * Lets a step of the plans fail with EBADF.
     *
     * @param index which step; a branch, which cannot fail, stays as it is
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
            victim = null;
            failingStep = -1;
            calls = 0;
            failed = null;
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
        boolean fails;
        Errno error;
        synchronized (lock) {
            fails = Thread.currentThread() == victim && calls++ == failingCall;
            error = errno;
            if (fails) {
                failed = syscall.callName();
            }
        }
        if (!fails) {
            return kernel.call(syscall, arguments);
        }
        if (syscall == Syscall.CLOSE) {
            long ignored = kernel.call(syscall, arguments);
        }
        return -error.number();
    }

    @Override
    public int launch(LaunchPlan plan, LaunchRequest request) {
        return kernel.launch(sabotaged(plan), request);
    }

    private LaunchPlan sabotaged(LaunchPlan plan) {
        synchronized (lock) {
            steps = plan.steps().size();
            if (failingStep < 0
                    || failingStep >= steps
                    || !(plan.steps().get(failingStep) instanceof LaunchPlan.Call call)) {
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
