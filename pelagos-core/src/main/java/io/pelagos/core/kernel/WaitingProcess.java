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
     * Gives it the steps of a plan, in place of those that it had before. What it will be about is
     * in its data, see {@link LaunchPlan#withTexts}, so the steps can be there long before.
     *
     * @param calls makes the calls
     * @param socket the JVM's end of the socket that it waits at
     * @param plan what it may have to do
     * @throws ErrnoException EPIPE or ECONNRESET when it has ended meanwhile
     */
    public void load(SystemCalls calls, Fd socket, LaunchPlan plan) {
        PlanLoader.sendSteps(calls, socket, plan);
    }

    /**
     * Lets it carry out the plan whose steps it has.
     *
     * @param calls makes the calls
     * @param socket the JVM's end of the socket that it waits at
     * @param plan what it does, in order; {@linkplain LaunchPlan#sharesSteps with the steps} that
     *     were loaded last
     * @param descriptors what it gets, at the lowest numbers that are free there
     * @throws ErrnoException EPIPE or ECONNRESET when it has ended meanwhile
     */
    public void carryOut(SystemCalls calls, Fd socket, LaunchPlan plan, List<Integer> descriptors) {
        PlanLoader.sendData(calls, socket, plan, descriptors);
    }
}
