package io.pelagos.core.internal.launch;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.LaunchPlan;
import org.jspecify.annotations.Nullable;

/** A plan failed at a step, or its process ended without a word; nothing of it is left. */
public final class LaunchFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient LaunchPlan.@Nullable Call step;
    private final @Nullable Errno errno;

    LaunchFailure(LaunchPlan.Call step, Errno errno) {
        super(step.purpose() + ": " + step + ": " + errno);
        this.step = step;
        this.errno = errno;
    }

    LaunchFailure(String message) {
        super(message);
        step = null;
        errno = null;
    }

    /** Returns the step, or null when the process ended without a word. */
    public LaunchPlan.@Nullable Call step() {
        return step;
    }

    /** Returns why the step failed, or null when the process ended without a word. */
    public @Nullable Errno errno() {
        return errno;
    }
}
