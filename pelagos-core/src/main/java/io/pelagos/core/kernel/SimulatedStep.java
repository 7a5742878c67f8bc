package io.pelagos.core.kernel;

import java.util.List;

/**
 * One step of a plan that a simulated process carried out.
 *
 * @param index the index of the step in the plan
 * @param purpose what it was for
 * @param syscall the call that was made
 * @param text the call as the plan writes it
 * @param arguments the six arguments as they were, loaded operands as their values
 * @param result what the call returned, a negated error number when it failed
 */
public record SimulatedStep(
        int index,
        String purpose,
        Syscall syscall,
        String text,
        List<Long> arguments,
        long result) {
    /** Copies the list. */
    public SimulatedStep {
        arguments = List.copyOf(arguments);
    }
}
