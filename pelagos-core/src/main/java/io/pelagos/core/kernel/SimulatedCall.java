package io.pelagos.core.kernel;

import java.util.Arrays;
import java.util.List;

/**
 * A system call that somebody asks of a {@link SimulatedKernel}: the JVM, or a simulated process.
 */
public final class SimulatedCall {
    /** The {@link #step()} of a call that the JVM makes itself. */
    public static final int NO_STEP = -1;

    private final SimulatedProcess process;
    private final Syscall syscall;
    private final long[] arguments;
    private final int step;
    private final String purpose;

    SimulatedCall(
            SimulatedProcess process, Syscall syscall, long[] arguments, int step, String purpose) {
        this.process = process;
        this.syscall = syscall;
        this.arguments = Arrays.copyOf(arguments, 6);
        this.step = step;
        this.purpose = purpose;
    }

    /**
     * Returns who asks.
     *
     * @return a process id; {@link SimulatedKernel#JVM} for the JVM
     */
    public int pid() {
        return process.pid();
    }

    /**
     * Returns which call it is.
     *
     * @return the call
     */
    public Syscall syscall() {
        return syscall;
    }

    /**
     * Returns which step of the plan it is.
     *
     * @return an index into {@link LaunchPlan#steps()}, or {@link #NO_STEP}
     */
    public int step() {
        return step;
    }

    /**
     * Returns what the step is for.
     *
     * @return the purpose of the plan's step; empty for a call of the JVM
     */
    public String purpose() {
        return purpose;
    }

    /**
     * Returns an argument.
     *
     * @param index 0 to 5; arguments that were not given are 0
     * @return the number, a loaded operand as its value
     */
    public long argument(int index) {
        return arguments[index];
    }

    /**
     * Returns all arguments.
     *
     * @return six numbers
     */
    public List<Long> arguments() {
        return Arrays.stream(arguments).boxed().toList();
    }

    /**
     * Reads the string that an argument points to.
     *
     * @param index 0 to 5
     * @return the text up to the first NUL; empty for a null pointer
     */
    public String string(int index) {
        return arguments[index] == 0 ? "" : memory().readString(arguments[index]);
    }

    /**
     * Reads bytes that an argument points to.
     *
     * @param index 0 to 5
     * @param length how many
     * @return a copy
     */
    public byte[] bytes(int index, int length) {
        return memory().read(arguments[index], length);
    }

    /**
     * Writes bytes where an argument points to, as a call does that returns a struct.
     *
     * @param index 0 to 5
     * @param bytes what
     */
    public void store(int index, byte[] bytes) {
        memory().write(arguments[index], bytes);
    }

    SimulatedProcess process() {
        return process;
    }

    SimulatedMemory memory() {
        return process.memory();
    }

    int integer(int index) {
        return (int) arguments[index];
    }
}
