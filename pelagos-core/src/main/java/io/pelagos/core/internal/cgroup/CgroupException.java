package io.pelagos.core.internal.cgroup;

import org.jspecify.annotations.Nullable;

/**
 * A cgroup could not be made, limited, read or removed. Whatever had been made before the failure
 * is gone again.
 */
public final class CgroupException extends IllegalStateException {
    private static final long serialVersionUID = 1L;

    private final String what;
    private final String why;
    private final String remedy;

    /**
     * Makes an exception for something that could not be had.
     *
     * @param shortfall what, why, and what to do about it
     * @param cause the failed call, or null when none was made
     */
    public CgroupException(Shortfall shortfall, @Nullable Throwable cause) {
        super(shortfall.toString(), cause);
        what = shortfall.what();
        why = shortfall.why();
        remedy = shortfall.remedy();
    }

    /**
     * Returns what was being done.
     *
     * @return for example {@code memory max 64 MiB}
     */
    public String what() {
        return what;
    }

    /**
     * Returns what stood in the way.
     *
     * @return a sentence without its full stop
     */
    public String why() {
        return why;
    }

    /**
     * Returns what to do about it.
     *
     * @return a sentence without its full stop
     */
    public String remedy() {
        return remedy;
    }
}
