package io.pelagos.core.kernel;

import static io.pelagos.core.kernel.PlanFixture.number;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RecordingKernelTest {
    private final SimulatedKernel simulated = new SimulatedKernel();
    private final RecordingKernel kernel = new RecordingKernel(simulated);

    private static LaunchPlan plan() {
        var plan = new PlanFixture(Architecture.current());
        plan.exit(number(0));
        return plan.build();
    }

    @Test
    void callsAreKeptInOrderWithArgumentsAndResults() {
        long fd = kernel.call(Syscall.DUP, 1);
        kernel.call(Syscall.CLOSE, fd);
        kernel.call(Syscall.CLOSE, fd);
        assertThat(kernel.calls())
                .containsExactly(
                        new RecordingKernel.Call(Syscall.DUP, List.of(1L), 3),
                        new RecordingKernel.Call(Syscall.CLOSE, List.of(3L), 0),
                        new RecordingKernel.Call(Syscall.CLOSE, List.of(3L), -9));
        assertThat(kernel.calls().getLast().errno()).contains(Errno.EBADF);
    }

    @Test
    void textReadsAsATrace() {
        kernel.call(Syscall.DUP, 1);
        kernel.call(Syscall.CLOSE_RANGE, 99, 0xFFFF_FFFFL, 4);
        kernel.call(Syscall.CLOSE, 99);
        kernel.launch(plan(), new LaunchRequest("helper", List.of()));
        assertThat(kernel)
                .hasToString(
                        """
                        dup(1) = 3
                        close_range(99, 0xffffffff, 4) = 0
                        close(99) = -1 EBADF (Bad file descriptor)
                        launch("helper", 2 steps) = 1001""");
    }

    @Test
    void launchesAreKeptWithPlanAndResult() {
        var plan = plan();
        var request = new LaunchRequest("helper", List.of());
        int pid = kernel.launch(plan, request);
        assertThat(kernel.entries())
                .containsExactly(new RecordingKernel.Launch(plan, request, pid));
    }

    @Test
    void failedLaunchIsKeptAndStillFails() {
        simulated.failLaunch(Errno.EAGAIN);
        var plan = plan();
        var request = new LaunchRequest("helper", List.of());
        var thrown = catchThrowableOfType(ErrnoException.class, () -> kernel.launch(plan, request));
        assertThat(thrown.errno()).isEqualTo(Errno.EAGAIN);
        assertThat(kernel.entries())
                .containsExactly(new RecordingKernel.FailedLaunch(plan, request, thrown));
        assertThat(kernel.toString()).contains("launch(\"helper\", 2 steps) = -1 EAGAIN");
    }

    @Test
    void nothingIsLostWhenManyThreadsCall() {
        IntStream.range(0, 1000).parallel().forEach(i -> kernel.call(Syscall.GETPID));
        assertThat(kernel.entries()).hasSize(1000);
    }

    @Test
    void earlierCopyDoesNotGrow() {
        kernel.call(Syscall.GETPID);
        var before = kernel.entries();
        kernel.call(Syscall.GETPID);
        assertThat(before).hasSize(1);
        assertThat(kernel.architecture()).isEqualTo(simulated.architecture());
    }
}
