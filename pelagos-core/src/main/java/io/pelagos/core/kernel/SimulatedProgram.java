package io.pelagos.core.kernel;

/** What happens when a simulated process calls execve(2): the program that takes its place. */
@FunctionalInterface
public interface SimulatedProgram {
    /** The result of a program that does not end before a signal ends it. */
    int RUNS_ON = -1;

    /**
     * Runs the program.
     *
     * @param process the process it runs in; its {@link SimulatedProcess#program()} are the
     *     arguments
     * @return the exit code, or {@link #RUNS_ON}
     */
    int run(SimulatedProcess process);
}
