package io.pelagos.core.spec;

/**
 * The execution domain of a program, see personality(2): what machine {@code uname} names, and how
 * a 32-bit program sees its addresses.
 */
public enum Personality {
    /** That of the machine. */
    LINUX(0),
    /** A 32-bit machine of the same family, as setarch(8) makes it believe in. */
    LINUX32(8);

    private final int number;

    Personality(int number) {
        this.number = number;
    }

    /**
     * Returns the number of linux/personality.h.
     *
     * @return {@code PER_LINUX} or {@code PER_LINUX32}
     */
    public int number() {
        return number;
    }

    /**
     * Finds a personality by the name that the OCI runtime specification has for it.
     *
     * @param name {@code LINUX} or {@code LINUX32}, in any case
     * @return the personality
     * @throws IllegalArgumentException when there is none of that name
     */
    public static Personality parse(String name) {
        for (var personality : values()) {
            if (personality.name().equalsIgnoreCase(name)) {
                return personality;
            }
        }
        throw new IllegalArgumentException(
                "personality \"" + name + "\": must be LINUX or LINUX32");
    }
}
