package io.pelagos.core.security;

/**
 * What Landlock can forbid with TCP: {@code LANDLOCK_ACCESS_NET_*} of {@code linux/landlock.h},
 * from ABI 4 (Linux 6.7); see landlock(7).
 */
public enum LandlockNet {
    /** Bind a socket to a local port. */
    BIND_TCP(0),
    /** Connect a socket to a remote port. */
    CONNECT_TCP(1);

    static final int ABI = 4;

    private final int bit;

    LandlockNet(int bit) {
        this.bit = bit;
    }

    /**
     * Returns the mask of this right.
     *
     * @return a single bit
     */
    public long mask() {
        return 1L << bit;
    }
}
