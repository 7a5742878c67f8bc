package io.pelagos.core.kernel;

import java.util.Optional;

/**
 * Everything that Pelagos asks of Linux: system calls made by the JVM, and processes made from
 * launch plans.
 *
 * <p>Implementations are safe for use by many threads at once.
 */
public interface Kernel {
    /**
     * Returns the architecture whose call numbers and constants are in force.
     *
     * @return the architecture
     */
    Architecture architecture();

    /**
     * Makes one system call, once: an interrupted call is not repeated.
     *
     * @param syscall which call
     * @param arguments at most six numbers: integers, descriptors, or addresses of a {@link Memory}
     * @return the result, or the negated error number ({@code -4095..-1}) when the call failed
     * @see SystemCalls
     */
    long call(Syscall syscall, long... arguments);

    /**
     * Starts a process that carries out a plan.
     *
     * @param plan what the process does, in order
     * @param request the name and the descriptors of the process
     * @return the process id of the new process, which is a child of this JVM and must be waited
     *     for
     * @throws ErrnoException when no process could be made
     */
    int launch(LaunchPlan plan, LaunchRequest request);

    /**
     * Starts a process ahead, which waits for its plan, because making a process takes as long as a
     * large part of what a plan does. It ends when the other end of the socket is closed.
     *
     * @param request the name and the descriptors of the process: their numbers there rise without
     *     a gap, and it closes all others
     * @param socket which of those numbers is a {@code SOCK_SEQPACKET} socket that brings the plan
     * @return the process; empty when this kernel makes none ahead
     * @throws ErrnoException when no process could be made
     */
    default Optional<WaitingProcess> prepare(LaunchRequest request, int socket) {
        return Optional.empty();
    }
}
