package io.pelagos.core.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.kernel.Architecture;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.LaunchPlan;
import io.pelagos.core.kernel.Syscall;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SupervisionTest {
    private static LaunchPlan attached() {
        return Supervision.compose(
                new PlanBuilder(Architecture.X86_64),
                Channels.with(0),
                new Supervision.Kind.Attached(Cleanup.NONE),
                new Supervision.Clone(Constant.flags(), "one", false, 0, false, 0, null),
                (child, word) -> child.call(Syscall.EXIT_GROUP, 0));
    }

    @Test
    void aWaitIsRepeatedOnlyAfterAnInterruption() {
        var steps = attached().steps();
        int wait =
                IntStream.range(0, steps.size())
                        .filter(
                                i ->
                                        steps.get(i) instanceof LaunchPlan.Call call
                                                && call.syscall() == Syscall.PPOLL)
                        .findFirst()
                        .orElseThrow();
        var afterFailure = steps.get(steps.get(wait).target());

        assertThat(afterFailure).isInstanceOf(LaunchPlan.Branch.class);
        assertThat(afterFailure.operands().getLast().value()).isEqualTo(Errno.EINTR.number());
        assertThat(afterFailure.target()).isEqualTo(wait);
    }

    @Test
    void whatIsLeftIsKilledAlsoWhenTheEndCannotBeReported() {
        var steps = attached().steps();
        var report =
                steps.stream()
                        .filter(step -> step.purpose().equals("reporting the end of the container"))
                        .filter(step -> ((LaunchPlan.Call) step).syscall() == Syscall.WRITE)
                        .findFirst()
                        .orElseThrow();

        assertThat(steps.get(report.target()).purpose())
                .isEqualTo("ending the container, because the JVM has ended");
    }
}
