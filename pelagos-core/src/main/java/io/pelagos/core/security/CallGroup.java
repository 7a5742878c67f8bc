package io.pelagos.core.security;

/**
 * Calls that are for the same thing.
 *
 * @param purpose what they are for
 * @param names the names, separated by white space
 */
record CallGroup(String purpose, String names) {
    SeccompRule rule() {
        return SeccompRule.allow(names.strip().split("\\s+")).comment(purpose);
    }
}
