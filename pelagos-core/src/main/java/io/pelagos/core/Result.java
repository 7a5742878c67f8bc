package io.pelagos.core;

import io.pelagos.core.spec.Exit;
import java.time.Duration;
import java.util.List;

/**
 * What came of a container that was run to its end.
 *
 * @param exit how it ended
 * @param stdout what it wrote to standard output, up to the bound, decoded as UTF-8
 * @param stderr what it wrote to standard error, up to the bound, decoded as UTF-8
 * @param truncated whether it wrote more than the bound to either
 * @param elapsed how long it ran, from the call of {@code run} to its end
 * @param warnings what was asked for and could not be had
 */
public record Result(
        Exit exit,
        String stdout,
        String stderr,
        boolean truncated,
        Duration elapsed,
        List<String> warnings) {
    /** Copies the list. */
    public Result {
        warnings = List.copyOf(warnings);
    }

    /**
     * Tells whether the program ended with code 0.
     *
     * @return true for success
     */
    public boolean success() {
        return exit.success();
    }
}
