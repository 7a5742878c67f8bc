package io.pelagos.core.security;

/**
 * Which refusals Landlock writes to the audit log: {@code LANDLOCK_RESTRICT_SELF_LOG_*} of {@code
 * linux/landlock.h}, from ABI 7 (Linux 6.15); see landlock_restrict_self(2).
 */
public enum LandlockLog {
    /** Not those of the program that was restricted, before it executes another. */
    SAME_EXEC_OFF(0),
    /** Also those of programs that it executes. */
    NEW_EXEC_ON(1),
    /** Not those of restrictions that it puts on itself later. */
    SUBDOMAINS_OFF(2);

    static final int ABI = 7;

    private final int bit;

    LandlockLog(int bit) {
        this.bit = bit;
    }

    /**
     * Returns the flag of landlock_restrict_self(2).
     *
     * @return a single bit
     */
    public int flag() {
        return 1 << bit;
    }
}
