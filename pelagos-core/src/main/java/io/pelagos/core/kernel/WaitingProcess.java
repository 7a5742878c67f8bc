package io.pelagos.core.kernel;

import java.util.List;

/**
 * A process that was made ahead and waits for a plan, see {@link Kernel#prepare}.
 *
 * @param pid its process id; a child of this JVM, which must be waited for
 */
public record WaitingProcess(int pid) {
    /**
     * Tells whether it has room for a plan.
     *
     * @param plan the plan
     * @param descriptors how many descriptors go with it
     * @return false when {@link Kernel#launch} has to do it
     */
    public boolean takes(LaunchPlan plan, int descriptors) {
        return PlanLoader.takes(plan, descriptors);
    }

    /**
     * Lets it carry out a plan.
     *
     * @param calls makes the calls
     * @param socket the JVM's end of the socket that it waits at
     * @param plan what it does, in order
     * @param descriptors what it gets, at the lowest numbers that are free there
     * @throws ErrnoException EPIPE or ECONNRESET when it has ended meanwhile
     */
    public void carryOut(SystemCalls calls, Fd socket, LaunchPlan plan, List<Integer> descriptors) {
        PlanLoader.send(calls, socket, plan, descriptors);
    }
}
