package io.pelagos.core.security;

import java.util.Optional;

/** How a seccomp filter is installed: {@code SECCOMP_FILTER_FLAG_*}, see seccomp(2). */
public enum SeccompFlag {
    /** Install for all threads of the process. */
    TSYNC(1),
    /** Log every action but allow. */
    LOG(2),
    /** Leave speculative store bypass enabled. */
    SPEC_ALLOW(4),
    /** Wait for a notified supervisor so that only a fatal signal interrupts; since Linux 5.19. */
    WAIT_KILLABLE_RECV(32);

    /** {@code SECCOMP_FILTER_FLAG_NEW_LISTENER}: give a descriptor for notifications. */
    static final int NEW_LISTENER = 8;

    private final int bit;

    SeccompFlag(int bit) {
        this.bit = bit;
    }

    /**
     * Returns the flag's bit in the second argument of seccomp(2).
     *
     * @return a single bit
     */
    public int bit() {
        return bit;
    }

    /**
     * Returns the name of the kernel's header and of the OCI runtime specification.
     *
     * @return for example {@code SECCOMP_FILTER_FLAG_LOG}
     */
    public String flagName() {
        return "SECCOMP_FILTER_FLAG_" + name();
    }

    static Optional<SeccompFlag> find(String flagName) {
        for (var flag : values()) {
            if (flag.flagName().equals(flagName)) {
                return Optional.of(flag);
            }
        }
        return Optional.empty();
    }
}
