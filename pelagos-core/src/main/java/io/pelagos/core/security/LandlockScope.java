package io.pelagos.core.security;

/**
 * Ways to reach processes outside that Landlock can close: {@code LANDLOCK_SCOPE_*} of {@code
 * linux/landlock.h}, from ABI 6 (Linux 6.12); see landlock(7).
 */
public enum LandlockScope {
    /** Connecting to abstract Unix sockets that were made outside. */
    ABSTRACT_UNIX_SOCKET(0),
    /** Signalling processes outside. */
    SIGNAL(1);

    static final int ABI = 6;

    private final int bit;

    LandlockScope(int bit) {
        this.bit = bit;
    }

    /**
     * Returns the mask of this scope.
     *
     * @return a single bit
     */
    public long mask() {
        return 1L << bit;
    }
}
