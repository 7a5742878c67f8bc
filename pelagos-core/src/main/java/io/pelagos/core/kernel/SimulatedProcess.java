package io.pelagos.core.kernel;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A process of a {@link SimulatedKernel}, with its own memory and descriptors. What it shows is a
 * momentary view; each process runs on, inside the calls to the kernel, as far as it can.
 */
public final class SimulatedProcess {
    /** What became of a process. */
    public enum State {
        /** It carries out its plan, or waits for something in it. */
        RUNNING,
        /** A program took its place by execve(2) and runs on. */
        PROGRAM,
        /** It ended by itself, with an exit code. */
        EXITED,
        /** A signal ended it. */
        KILLED
    }

    private final int pid;
    private final @Nullable LaunchPlan plan;
    private final SimulatedMemory memory;
    private final SimulatedDescriptors descriptors;
    private final SimulatedSignals signals;
    private final List<SimulatedStep> steps = new ArrayList<>();
    private List<String> program = List.of();
    private List<String> environment = List.of();
    private State state = State.RUNNING;
    private int status;

    @Nullable SimulatedProcess parent;
    boolean subreaper;
    boolean firstOfNamespace;
    boolean reaped;
    int exitSignal = SimulatedSignals.SIGCHLD;

    /** The index of the step that comes next, or that waits. */
    int position;

    boolean waiting;
    int taken;

    SimulatedProcess(
            int pid,
            @Nullable SimulatedProcess parent,
            @Nullable LaunchPlan plan,
            SimulatedMemory memory,
            SimulatedDescriptors descriptors,
            SimulatedSignals signals) {
        this.pid = pid;
        this.parent = parent;
        this.plan = plan;
        this.memory = memory;
        this.descriptors = descriptors;
        this.signals = signals;
    }

    /**
     * Returns the process id.
     *
     * @return the number by which the JVM knows the process
     */
    public int pid() {
        return pid;
    }

    /**
     * Returns what became of the process.
     *
     * @return the state
     */
    public State state() {
        return state;
    }

    /**
     * Returns how the process ended.
     *
     * @return the exit code after {@link State#EXITED}, the signal after {@link State#KILLED}, else
     *     0
     */
    public int status() {
        return status;
    }

    /**
     * Returns the system calls that the process carried out of its plan, in order; a call that
     * still waits is not among them.
     *
     * @return the calls; for a child, those since its birth
     */
    public List<SimulatedStep> steps() {
        return List.copyOf(steps);
    }

    /**
     * Returns the program that took the process's place.
     *
     * @return {@code argv} of the successful execve(2); empty when there was none
     */
    public List<String> program() {
        return program;
    }

    /**
     * Returns the environment of the program that took the process's place.
     *
     * @return {@code envp} of the successful execve(2)
     */
    public List<String> environment() {
        return environment;
    }

    /**
     * Returns the descriptors that are open.
     *
     * @return their numbers, ascending; none after the end
     */
    public List<Integer> descriptors() {
        return descriptors.numbers();
    }

    /**
     * Writes to a descriptor, for a {@link SimulatedProgram}; what does not fit into a pipe is
     * lost.
     *
     * @param fd the descriptor
     * @param bytes what to write
     * @return how many bytes were written
     * @throws ErrnoException when the descriptor is not open or cannot be written
     */
    public long write(int fd, byte[] bytes) {
        var file = descriptors.find(fd);
        long result = file == null ? -Errno.EBADF.number() : file.put(bytes);
        if (result < 0 && result != SimulatedFile.BLOCKED) {
            throw new ErrnoException(Errno.of((int) -result), "write(" + fd + ", …)");
        }
        return Math.max(result, 0);
    }

    boolean alive() {
        return state == State.RUNNING || state == State.PROGRAM;
    }

    @Nullable LaunchPlan plan() {
        return plan;
    }

    SimulatedMemory memory() {
        return memory;
    }

    SimulatedDescriptors table() {
        return descriptors;
    }

    SimulatedSignals signals() {
        return signals;
    }

    void record(SimulatedStep step) {
        steps.add(step);
    }

    void become(List<String> arguments, List<String> environment) {
        descriptors.exec();
        this.program = List.copyOf(arguments);
        this.environment = List.copyOf(environment);
        state = State.PROGRAM;
    }

    void end(State how, int status) {
        state = how;
        this.status = status;
        descriptors.closeAll();
    }

    boolean descendsFrom(SimulatedProcess other) {
        for (var ancestor = parent; ancestor != null; ancestor = ancestor.parent) {
            if (ancestor.equals(other)) {
                return true;
            }
        }
        return false;
    }
}
