package io.pelagos.core.kernel;

import static io.pelagos.core.kernel.PlanFixture.number;
import static io.pelagos.core.kernel.PlanFixture.pointer;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pelagos.core.testing.LeakCheck;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A process that was made ahead does what one does that is made for its plan. */
@ExtendWith(LeakCheck.class)
class WaitingProcessIT {
    private static final int KEPT = 3;
    private static final int SOCKET = 4;

    private final LinuxKernel kernel = new LinuxKernel();
    private final SystemCalls calls = new SystemCalls(kernel);
    private final List<AutoCloseable> open = new ArrayList<>();
    private SystemCalls.Pair socket;
    private SystemCalls.Pair pipe;
    private WaitingProcess process;

    @BeforeEach
    void prepare() {
        socket = kept(calls.socketpair("the socket"));
        pipe = kept(calls.pipe("a pipe"));
        // High numbers, so that no dup2 of the new process overwrites what another needs.
        int from = calls.fcntl(pipe.second().number(), 1030, 100);
        int bringing = calls.fcntl(socket.second().number(), 1030, 100);
        var request =
                new LaunchRequest(
                        "waiting",
                        List.of(
                                new LaunchRequest.Inherited(from, KEPT),
                                new LaunchRequest.Inherited(bringing, SOCKET)));
        process = kernel.prepare(request, SOCKET).orElseThrow();
        calls.close(from);
        calls.close(bringing);
        socket.second().close();
        pipe.second().close();
    }

    private <T extends AutoCloseable> T kept(T thing) {
        open.add(thing);
        return thing;
    }

    @AfterEach
    void close() throws Exception {
        for (var thing : open) {
            thing.close();
        }
    }

    private int exitCode() {
        // siginfo_t: si_code at 8, si_status at 24
        var info = calls.waitid(WaitFlag.P_PID, process.pid());
        return info[24];
    }

    private void carryOut(PlanFixture plan, Fd... descriptors) {
        var numbers = new ArrayList<Integer>();
        for (var descriptor : descriptors) {
            numbers.add(descriptor.number());
        }
        var built = plan.build();
        process.load(calls, socket.first(), built);
        process.carryOut(calls, socket.first(), built, numbers);
    }

    private PlanFixture plan() {
        return new PlanFixture(kernel.architecture());
    }

    @Test
    void itGetsStandardStreamsAndOthersAroundWhatItHas() throws Exception {
        var other = kept(calls.pipe("another pipe"));
        var plan = plan();
        for (int target : List.of(1, KEPT, 5)) {
            int text = plan.bytes((target + "\n").getBytes(UTF_8));
            plan.call(Syscall.WRITE, number(target), pointer(text), number(2));
        }
        // Nothing else is open: neither the JVM's descriptors nor the image.
        plan.call(Syscall.CLOSE, number(6)).tolerate(Errno.EBADF);
        plan.exit(number(7));
        carryOut(plan, other.first(), other.second(), other.second(), other.second());
        assertThat(exitCode()).isEqualTo(7);
        other.second().close();
        assertThat(calls.readFully(other.first().number(), 100))
                .isEqualTo("1\n5\n".getBytes(UTF_8));
        assertThat(calls.readFully(pipe.first().number(), 100)).isEqualTo("3\n".getBytes(UTF_8));
    }

    @Test
    void aPlanThatFailsFindsItsFailureWhereItLooksForIt() throws Exception {
        var plan = plan();
        var report = new PlanFixture.Label();
        plan.call(Syscall.CLOSE, number(1)).orElse(report);
        plan.call(Syscall.CLOSE, number(1)).orElse(report);
        plan.exit(number(1));
        plan.place(report);
        plan.call(Syscall.WRITE, number(KEPT), pointer(LaunchPlan.FAILURE), number(8));
        plan.exit(number(9));
        carryOut(plan, pipe.first(), pipe.first());
        assertThat(exitCode()).isEqualTo(9);
        var failure = calls.readFully(pipe.first().number(), 100);
        assertThat(java.nio.ByteBuffer.wrap(failure).order(java.nio.ByteOrder.LITTLE_ENDIAN))
                .satisfies(
                        record -> {
                            assertThat(record.getInt(0)).isEqualTo(LaunchPlan.addressOf(1));
                            assertThat(record.getInt(4)).isEqualTo(Errno.EBADF.number());
                        });
    }

    @Test
    void itCarriesOutThePlanThatWasLoadedLast() {
        var expected = plan();
        for (int i = 0; i < 100; i++) {
            expected.call(Syscall.GETPID);
        }
        expected.exit(number(3));
        process.load(calls, socket.first(), expected.build());
        var other = plan();
        other.exit(number(4));
        carryOut(other);
        assertThat(exitCode()).isEqualTo(4);
    }

    @Test
    void itEndsWhenNothingComesAfterTheSteps() {
        var plan = plan();
        plan.exit(number(3));
        process.load(calls, socket.first(), plan.build());
        socket.first().close();
        assertThat(exitCode()).isZero();
    }

    @Test
    void itEndsWhenNoPlanComes() {
        socket.first().close();
        assertThat(exitCode()).isZero();
    }

    @Test
    void whatDoesNotFitIsNotTaken() {
        var plan = plan();
        for (int i = 0; i <= PlanLoader.STEPS_SIZE / LaunchPlan.STEP_SIZE; i++) {
            plan.call(Syscall.GETPID);
        }
        plan.exit(number(0));
        assertThat(process.takes(plan.build(), 3)).isFalse();
        var small = plan();
        small.exit(number(0));
        assertThat(process.takes(small.build(), 3)).isTrue();
        assertThat(process.takes(small.build(), PlanLoader.DESCRIPTORS + 1)).isFalse();
        socket.first().close();
        assertThat(exitCode()).isZero();
    }

    @Test
    void thatItWasKilledIsSeen() {
        assertThat(kernel.call(Syscall.KILL, process.pid(), 9)).isZero();
        assertThat(exitCode()).isEqualTo(9);
        var plan = plan();
        plan.exit(number(0));
        assertThatThrownBy(() -> carryOut(plan))
                .isInstanceOf(ErrnoException.class)
                .hasMessageContaining("sendmsg");
    }
}
