package io.pelagos.core;

/** An option of a container cannot be as it was given; nothing was touched. */
public final class InvalidSpecException extends PelagosException {
    private static final long serialVersionUID = 1L;

    /** The name of the option. */
    private final String option;

    /** What was given; empty where the reason says it. */
    private final String value;

    /**
     * Makes an exception for an option.
     *
     * @param option its name
     * @param value what was given
     * @param reason what is wrong with it and what would be right
     */
    public InvalidSpecException(String option, String value, String reason) {
        super(option + " " + value + ": " + reason);
        this.option = option;
        this.value = value;
    }

    InvalidSpecException(String option, IllegalArgumentException cause) {
        super(option + ": " + cause.getMessage());
        this.option = option;
        this.value = "";
        initCause(cause);
    }

    /**
     * Returns which option it is.
     *
     * @return the name of a method of {@link ContainerBuilder}
     */
    public String option() {
        return option;
    }

    /**
     * Returns what was given.
     *
     * @return the value as text; empty when the message alone has it
     */
    public String value() {
        return value;
    }
}
