package io.pelagos.core.internal.launch;

/**
 * The descriptors that a plan uses. They have the same numbers in every new process, behind the
 * standard streams, so that a plan does not depend on what is open in the JVM.
 *
 * @param report the writing end of the report pipe
 * @param control the helper's end of the control socket; -1 for a plan without
 * @param others how many others the plan uses
 */
public record Channels(int report, int control, int others) {
    private static final int REPORT = 3;
    private static final int CONTROL = 4;

    /**
     * Returns the numbers of a plan that uses so many descriptors beside its two channels.
     *
     * @param others how many
     * @return the numbers
     */
    public static Channels with(int others) {
        return new Channels(REPORT, CONTROL, others);
    }

    /**
     * Returns the number of another descriptor.
     *
     * @param index which, from 0 on
     * @return its number in the new process
     */
    public int other(int index) {
        return Math.max(report, control) + 1 + index;
    }

    /** Returns the first number behind all of them. */
    public int end() {
        return other(others);
    }
}
