package io.pelagos.image.internal.registry;

import java.time.Duration;

/** When one operation must be over, with all that is tried again. */
final class Deadline {
    private final long end;
    private final boolean never;

    private Deadline(long end, boolean never) {
        this.end = end;
        this.never = never;
    }

    /** Begins now; a limit of zero is none. */
    static Deadline after(Duration limit) {
        return new Deadline(System.nanoTime() + limit.toNanos(), limit.isZero());
    }

    boolean isOver() {
        return !never && end - System.nanoTime() <= 0;
    }

    /** What is left, at least a nanosecond; zero means that there is no limit. */
    long remainingNanos() {
        return never ? 0 : Math.max(1, end - System.nanoTime());
    }
}
