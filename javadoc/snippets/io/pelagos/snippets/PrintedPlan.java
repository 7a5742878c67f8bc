package io.pelagos.snippets;

import io.pelagos.core.kernel.Architecture;
import io.pelagos.core.kernel.LaunchPlan;
import io.pelagos.core.kernel.LaunchPlan.Call;
import io.pelagos.core.kernel.LaunchPlan.Operand;
import io.pelagos.core.kernel.Syscall;
import java.util.List;

/** A launch plan is a value that can be printed. */
final class PrintedPlan {
    private PrintedPlan() {}

    static String text() {
        // @start region=plan
        var status = new Operand(Operand.Kind.CONSTANT, 7, "7");
        var leave =
                new Call(
                        "leaving with status 7",
                        Syscall.EXIT_GROUP,
                        List.of(status),
                        null,
                        LaunchPlan.SCRATCH,
                        0);
        int data = LaunchPlan.FIRST_FREE - LaunchPlan.DATA;
        var plan = new LaunchPlan(Architecture.X86_64, List.of(leave), new byte[data], data);
        return plan.toString(); // 1 leaving with status 7   exit_group(7)
        // @end
    }
}
