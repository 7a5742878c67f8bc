package io.pelagos.core.spec;

/** How a process ended, see waitid(2). */
public sealed interface Exit {
    /**
     * It called exit(3).
     *
     * @param code 0 to 255
     */
    record Code(int code) implements Exit {}

    /**
     * A signal ended it.
     *
     * @param signal which
     * @param coreDumped whether a core was dumped
     */
    record Killed(Signal signal, boolean coreDumped) implements Exit {
        @Override
        public int code() {
            return SIGNALLED + signal.number();
        }
    }

    /**
     * The kernel ended it because the container's memory was used up.
     *
     * @param kills how many processes of the container the kernel ended for that reason, at least 1
     */
    record OutOfMemory(long kills) implements Exit {
        @Override
        public int code() {
            return SIGNALLED + Signal.KILL.number();
        }
    }

    /**
     * Its time was up and it was ended.
     *
     * @param after how long it had been allowed to run
     */
    record TimedOut(java.time.Duration after) implements Exit {
        @Override
        public int code() {
            return SIGNALLED + Signal.KILL.number();
        }
    }

    /** What shells add to the number of a signal. */
    int SIGNALLED = 128;

    /**
     * Returns the status as a shell reports it: the exit code, or 128 and the number of the signal.
     *
     * @return 0 to 255
     */
    int code();

    /**
     * Tells whether the process ended by itself with code 0.
     *
     * @return true for success
     */
    default boolean success() {
        return this instanceof Code(int code) && code == 0;
    }
}
