package io.pelagos.core.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import io.pelagos.core.kernel.SimulatedProcess.State;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The JVM's side of a launch, played against a simulated supervisor and its child. */
class SimulatedProtocolTest {
    private static final int O_CLOEXEC = 0x80000;

    private final SimulatedKernel kernel = new SimulatedKernel();
    private final LaunchPlan plan = SupervisorPlan.of(kernel.architecture());
    private final Memory memory = Memory.open();
    private final Memory.Block buffer = memory.block(128);
    private int report;
    private int lifeline;
    private int exit;
    private int socket;
    private int supervisor;

    @BeforeEach
    void startWithAProgramThatRunsOn() {
        kernel.program(process -> SimulatedProgram.RUNS_ON);
    }

    @AfterEach
    void freeMemory() {
        memory.close();
    }

    private int[] pair(Syscall syscall, long... arguments) {
        assertThat(kernel.call(syscall, arguments)).isZero();
        return new int[] {buffer.getInt(0), buffer.getInt(4)};
    }

    private void launch() {
        var reportPipe = pair(Syscall.PIPE2, buffer.address(), O_CLOEXEC);
        var lifelinePipe = pair(Syscall.PIPE2, buffer.address(), O_CLOEXEC);
        var exitPipe = pair(Syscall.PIPE2, buffer.address(), O_CLOEXEC);
        var sockets = pair(Syscall.SOCKETPAIR, 1, 5 | O_CLOEXEC, 0, buffer.address());
        var inherited =
                List.of(
                        new LaunchRequest.Inherited(reportPipe[1], SupervisorPlan.REPORT),
                        new LaunchRequest.Inherited(lifelinePipe[0], SupervisorPlan.LIFELINE),
                        new LaunchRequest.Inherited(exitPipe[1], SupervisorPlan.EXIT),
                        new LaunchRequest.Inherited(sockets[1], SupervisorPlan.SOCKET));
        supervisor = kernel.launch(plan, new LaunchRequest("helper", inherited));
        report = reportPipe[0];
        lifeline = lifelinePipe[1];
        exit = exitPipe[0];
        socket = sockets[0];
        for (int fd : new int[] {reportPipe[1], lifelinePipe[0], exitPipe[1], sockets[1]}) {
            assertThat(kernel.call(Syscall.CLOSE, fd)).isZero();
        }
    }

    /** Reads a record of two numbers; empty at end of file. */
    private List<Integer> readReport() {
        long count = kernel.call(Syscall.READ, report, buffer.address(), 8);
        return count == 0 ? List.of() : List.of(buffer.getInt(0), buffer.getInt(4));
    }

    private int receivePidfd() {
        var control = memory.block(24);
        var data = memory.block(1);
        var buffers = memory.block(16).putLong(0, data.address()).putLong(8, 1);
        var header =
                memory.block(56)
                        .putLong(16, buffers.address())
                        .putLong(24, 1)
                        .putLong(32, control.address())
                        .putLong(40, 24);
        assertThat(kernel.call(Syscall.RECVMSG, socket, header.address(), 0x40000000)).isEqualTo(1);
        assertThat(control.getLong(0)).as("cmsg_len").isEqualTo(20);
        return control.getInt(16);
    }

    private SimulatedProcess child() {
        return kernel.process(supervisor + 1);
    }

    @Test
    void endOfReportWithoutFailureMeansThatTheProgramRuns() {
        launch();
        assertThat(readReport()).containsExactly(0, supervisor + 1);
        assertThat(readReport()).isEmpty();
        assertThat(child().state()).isEqualTo(State.PROGRAM);
        assertThat(child().program()).containsExactly("/bin/true", "x");
        assertThat(child().descriptors()).containsExactly(0, 1, 2);
    }

    @ParameterizedTest
    @EnumSource(names = {"OPENAT", "PIVOT_ROOT", "CLOSE_RANGE", "EXECVE"})
    void failureOfTheChildIsReportedWithStepAndErrno(Syscall failing) {
        kernel.fail(failing, Errno.EPERM);
        launch();
        var records = new ArrayList<List<Integer>>();
        for (var record = readReport(); !record.isEmpty(); record = readReport()) {
            records.add(record);
        }
        var failed =
                child().steps().stream()
                        .filter(step -> step.syscall() == failing)
                        .findFirst()
                        .orElseThrow();
        assertThat(records)
                .containsExactlyInAnyOrder(
                        List.of(0, supervisor + 1),
                        List.of(LaunchPlan.addressOf(failed.index()), Errno.EPERM.number()));
        assertThat(failed.result()).isEqualTo(-Errno.EPERM.number());
        assertThat(child().state()).isEqualTo(State.EXITED);
        assertThat(child().status()).isEqualTo(125);
        assertThat(child().program()).isEmpty();
    }

    @Test
    void pidfdTravelsToTheJvmAndTellsTheEnd() {
        launch();
        int pidfd = receivePidfd();
        var poll = memory.block(8).putInt(0, pidfd).putInt(4, 1);
        var zero = memory.block(16);
        assertThat(kernel.call(Syscall.PPOLL, poll.address(), 1, zero.address(), 0, 8)).isZero();
        assertThat(kernel.call(Syscall.PIDFD_SEND_SIGNAL, pidfd, 15, 0, 0)).isZero();
        assertThat(kernel.call(Syscall.PPOLL, poll.address(), 1, zero.address(), 0, 8)).isOne();
        assertThat(child().state()).isEqualTo(State.KILLED);
        assertThat(child().status()).isEqualTo(15);
    }

    @Test
    void siginfoOfTheChildArrivesAndTheSupervisorEnds() {
        kernel.program(process -> 7);
        launch();
        assertThat(kernel.call(Syscall.READ, exit, buffer.address(), 128)).isEqualTo(128);
        assertThat(buffer.getInt(8)).as("CLD_EXITED").isEqualTo(1);
        assertThat(buffer.getInt(24)).as("si_status").isEqualTo(7);
        assertThat(kernel.unreaped()).containsExactly(supervisor);
        assertThat(kernel.call(Syscall.WAITID, 1, supervisor, buffer.address(), 4, 0)).isZero();
        assertThat(kernel.unreaped()).isEmpty();
    }

    @Test
    void deathOfTheJvmKillsTheChild() {
        launch();
        assertThat(child().state()).isEqualTo(State.PROGRAM);
        kernel.call(Syscall.CLOSE, lifeline);
        assertThat(child().state()).isEqualTo(State.KILLED);
        assertThat(child().status()).isEqualTo(9);
        assertThat(kernel.process(supervisor).state()).isEqualTo(State.EXITED);
    }

    @Test
    void everyCallOfEveryProcessIsRecordedWithItsArguments() {
        launch();
        var open = child().steps().getFirst();
        assertThat(open.syscall()).isEqualTo(Syscall.OPENAT);
        assertThat(open.purpose()).isEqualTo("calling openat");
        assertThat(open.text()).startsWith("openat(-100, ");
        assertThat(open.arguments().getFirst()).isEqualTo(-100);
        assertThat(kernel.process(supervisor).steps())
                .extracting(SimulatedStep::syscall)
                .containsExactly(
                        Syscall.CLONE3,
                        Syscall.WRITE,
                        Syscall.CLOSE,
                        Syscall.DUP,
                        Syscall.SENDMSG,
                        Syscall.CLOSE);
    }
}
