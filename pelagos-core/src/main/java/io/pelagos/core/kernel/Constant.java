package io.pelagos.core.kernel;

/** A named number of a kernel header, printed by its name. */
public interface Constant {
    /**
     * Returns the number.
     *
     * @param architecture on which architecture
     * @return the number
     */
    long value(Architecture architecture);

    /**
     * Returns the name in the kernel's headers; several flags are joined by a vertical bar.
     *
     * @return for example {@code O_CLOEXEC}
     */
    String name();

    /**
     * Joins flags.
     *
     * @param flags any number of flags
     * @return all of them as one constant; {@code 0} when there are none
     */
    static Constant flags(Constant... flags) {
        return Flags.of(flags);
    }
}
