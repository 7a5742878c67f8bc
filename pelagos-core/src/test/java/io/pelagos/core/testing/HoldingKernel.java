package io.pelagos.core.testing;

import io.pelagos.core.kernel.Architecture;
import io.pelagos.core.kernel.Kernel;
import io.pelagos.core.kernel.LaunchPlan;
import io.pelagos.core.kernel.LaunchPlan.Operand;
import io.pelagos.core.kernel.LaunchRequest;
import io.pelagos.core.kernel.Syscall;
import java.util.Collections;
import java.util.stream.IntStream;

/**
 * Lets a process that carries out a plan wait forever in place of a step, so that one can look at
 * it there. Everything else goes to another kernel.
 */
public final class HoldingKernel implements Kernel {
    private final Kernel kernel;
    private volatile String purpose = "";

    /**
     * Makes a kernel in which nothing waits yet.
     *
     * @param kernel who carries out everything else
     */
    public HoldingKernel(Kernel kernel) {
        this.kernel = kernel;
    }

    /**
     * Lets the plans that are launched from now on wait.
     *
     * @param purpose that of the steps in whose place they wait; empty for no step
     */
    public void hold(String purpose) {
        this.purpose = purpose;
    }

    @Override
    public Architecture architecture() {
        return kernel.architecture();
    }

    @Override
    public long call(Syscall syscall, long... arguments) {
        return kernel.call(syscall, arguments);
    }

    @Override
    public int launch(LaunchPlan plan, LaunchRequest request) {
        var held = purpose;
        int[] steps =
                IntStream.range(0, plan.steps().size())
                        .filter(i -> plan.steps().get(i) instanceof LaunchPlan.Call)
                        .filter(i -> !plan.steps().get(i).isEnd())
                        .filter(i -> plan.steps().get(i).purpose().equals(held))
                        .toArray();
        if (!held.isEmpty() && steps.length == 0) {
            throw new IllegalArgumentException("no step is for " + held);
        }
        var result = plan;
        for (int step : steps) {
            result = result.withStep(step, waiting((LaunchPlan.Call) plan.steps().get(step)));
        }
        return kernel.launch(result, request);
    }

    private static LaunchPlan.Call waiting(LaunchPlan.Call call) {
        return new LaunchPlan.Call(
                call.purpose(),
                Syscall.PPOLL,
                Collections.nCopies(5, new Operand(Operand.Kind.CONSTANT, 0, "0")),
                null,
                call.result(),
                call.target());
    }
}
