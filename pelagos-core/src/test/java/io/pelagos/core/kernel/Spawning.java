package io.pelagos.core.kernel;

/** Starts a plan as {@link LinuxKernel} does, with each of the calls that it takes visible. */
public final class Spawning {
    private Spawning() {}

    /**
     * Starts a plan.
     *
     * @param kernel takes the calls
     * @param plan what the new process does
     * @param request what it inherits
     * @return its process id
     */
    public static int spawn(Kernel kernel, LaunchPlan plan, LaunchRequest request) {
        return new PlanSpawner(kernel, null).spawn(plan, request);
    }
}
