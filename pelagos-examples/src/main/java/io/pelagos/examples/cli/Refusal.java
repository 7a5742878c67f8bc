package io.pelagos.examples.cli;

import java.util.function.Supplier;

/** A value that is refused, with the option it was given for. */
final class Refusal {
    private Refusal() {}

    /**
     * Makes a value of an option.
     *
     * @throws IllegalArgumentException naming the option when the value is refused
     */
    static <T> T naming(String option, Supplier<T> value) {
        try {
            return value.get();
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(option + ": is not a whole number", e);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(option + ": " + e.getMessage(), e);
        }
    }
}
