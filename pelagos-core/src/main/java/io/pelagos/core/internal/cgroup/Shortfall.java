package io.pelagos.core.internal.cgroup;

/**
 * Something about a container's cgroup that was asked for and could not be had.
 *
 * @param what the option and its value, as in {@code memory max 64 MiB}
 * @param why what stands in the way
 * @param remedy what to do about it
 */
public record Shortfall(String what, String why, String remedy) {
    /** Returns a sentence for a warning. */
    @Override
    public String toString() {
        return what + ": " + why + "; " + remedy;
    }
}
