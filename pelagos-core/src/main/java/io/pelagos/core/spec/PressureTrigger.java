package io.pelagos.core.spec;

import java.time.Duration;

/**
 * When to tell that processes of a container have to wait, see the kernel's <a
 * href="https://docs.kernel.org/accounting/psi.html">Pressure Stall Information</a>: when within
 * some time they have lost more than a part of it.
 *
 * @param resource what they wait for
 * @param full whether only time counts in which none of them did anything useful, rather than time
 *     in which at least one had to wait
 * @param stall how much may be lost within a window before it is told; at most the window
 * @param window over how long that is looked at, 500 ms to 10 s; without CAP_SYS_RESOURCE a
 *     multiple of 2 s, from Linux 6.5 on
 */
public record PressureTrigger(Resource resource, boolean full, Duration stall, Duration window) {
    private static final Duration SHORTEST = Duration.ofMillis(500);
    private static final Duration LONGEST = Duration.ofSeconds(10);

    /** What processes wait for. */
    public enum Resource {
        /** A processor. */
        CPU,
        /** Memory that has to be reclaimed, swapped in or read again. */
        MEMORY,
        /** A block device. */
        IO
    }

    /** Checks the durations. */
    public PressureTrigger {
        if (window.compareTo(SHORTEST) < 0 || window.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("window " + window + ": must be 500 ms to 10 s");
        }
        if (stall.toNanos() < 1_000 || stall.compareTo(window) > 0) {
            throw new IllegalArgumentException(
                    "stall " + stall + ": must be 1 µs to the window of " + window);
        }
    }

    /**
     * Tells when at least one process had to wait.
     *
     * @param resource what for
     * @param stall for how long altogether
     * @param window within which time
     * @return a trigger
     */
    public static PressureTrigger some(Resource resource, Duration stall, Duration window) {
        return new PressureTrigger(resource, false, stall, window);
    }

    /**
     * Tells when all processes had to wait at once.
     *
     * @param resource what for
     * @param stall for how long altogether
     * @param window within which time
     * @return a trigger
     */
    public static PressureTrigger full(Resource resource, Duration stall, Duration window) {
        return new PressureTrigger(resource, true, stall, window);
    }
}
