package io.pelagos.core.kernel;

import static io.pelagos.core.kernel.PlanFixture.load;
import static io.pelagos.core.kernel.PlanFixture.number;
import static io.pelagos.core.kernel.PlanFixture.pointer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.pelagos.core.kernel.SimulatedProcess.State;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SimulatedKernelTest {
    private static final int CLONE_NEWPID = 0x20000000;
    private static final int CLONE_PARENT = 0x8000;
    private static final int SIGCHLD = 17;

    private final SimulatedKernel kernel = new SimulatedKernel();
    private final Memory memory = Memory.open();
    private final Memory.Block buffer = memory.block(128);

    @AfterEach
    void freeMemory() {
        memory.close();
    }

    private PlanFixture plan() {
        return new PlanFixture(kernel.architecture());
    }

    private SimulatedProcess launch(PlanFixture plan) {
        return kernel.process(kernel.launch(plan.build(), new LaunchRequest("test", List.of())));
    }

    private long call(Syscall syscall, long... arguments) {
        return kernel.call(syscall, arguments);
    }

    private static int clone(PlanFixture plan, long flags, int exitSignal) {
        return plan.longs(flags, 0, 0, 0, exitSignal, 0, 0, 0, 0, 0, 0);
    }

    @Test
    void latestRuleThatFitsCounts() {
        kernel.returns(Syscall.GETUID, 7);
        kernel.when(Syscall.OPENAT, call -> call.string(1).equals("/a"), call -> 77);
        kernel.fail(Syscall.OPENAT, call -> call.string(1).equals("/b"), Errno.EACCES);
        kernel.fail(Syscall.GETUID, Errno.EPERM);
        assertThat(call(Syscall.GETUID)).isEqualTo(-Errno.EPERM.number());
        assertThat(call(Syscall.OPENAT, -100, memory.string("/a"), 0, 0)).isEqualTo(77);
        assertThat(call(Syscall.OPENAT, -100, memory.string("/b"), 0, 0))
                .isEqualTo(-Errno.EACCES.number());
        assertThat(call(Syscall.OPENAT, -100, memory.string("/c"), 0, 0)).isEqualTo(3);
    }

    @Test
    void countedFailureHitsOneCall() {
        kernel.fail(Syscall.DUP, 2, Errno.EMFILE);
        assertThat(call(Syscall.DUP, 0)).isEqualTo(3);
        assertThat(call(Syscall.DUP, 0)).isEqualTo(-Errno.EMFILE.number());
        assertThat(call(Syscall.DUP, 0)).isEqualTo(4);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> kernel.fail(Syscall.DUP, 0, Errno.EIO))
                .withMessageContaining("0");
    }

    @Test
    void stepOfAPlanCanFailByItsIndex() {
        var plan = plan();
        plan.call(Syscall.CHDIR, plan.text("/"));
        plan.call(Syscall.CHDIR, plan.text("/"));
        plan.exit(number(0));
        kernel.failStep(1, Errno.ENOTDIR);
        assertThat(launch(plan).status()).isEqualTo(Errno.ENOTDIR.number());
    }

    @Test
    void bothBranchesOfACloneRunWithMemoryOfTheirOwn() {
        var plan = plan();
        int pid = plan.longs(0);
        int own = plan.longs(0);
        var child = new PlanFixture.Label();
        plan.call(Syscall.CLONE3, pointer(clone(plan, 0, SIGCHLD)), number(88)).into(pid);
        plan.branch(load(pid), -1, number(0), child);
        plan.call(Syscall.WAITID, number(1), load(pid), number(0), number(4), number(0));
        plan.exit(load(own));
        plan.place(child);
        plan.call(Syscall.DUP, number(1)).into(own);
        plan.exit(load(own));
        var parent = launch(plan);
        assertThat(parent.status()).isZero();
        assertThat(kernel.process(parent.pid() + 1).status()).isEqualTo(3);
        assertThat(kernel.unreaped()).containsExactly(parent.pid());
    }

    @Test
    void clonedSiblingIsAChildOfTheJvm() {
        var plan = plan();
        plan.call(Syscall.CLONE3, pointer(clone(plan, CLONE_PARENT, 0)), number(88));
        plan.exit(number(0));
        var first = launch(plan);
        assertThat(call(Syscall.WAITID, 1, first.pid(), buffer.address(), 4, 0)).isZero();
        assertThat(call(Syscall.WAITID, 1, first.pid() + 1, buffer.address(), 4, 0)).isZero();
        assertThat(call(Syscall.WAITID, 0, 0, buffer.address(), 4, 0))
                .isEqualTo(-Errno.ECHILD.number());
    }

    @Test
    void clonedSiblingMustNotHaveAnExitSignal() {
        var plan = plan();
        plan.call(Syscall.CLONE3, pointer(clone(plan, CLONE_PARENT, SIGCHLD)), number(88));
        plan.exit(number(0));
        assertThat(launch(plan).status()).isEqualTo(Errno.EINVAL.number());
    }

    @Test
    void endOfANamespacesFirstProcessEndsTheOthers() {
        var plan = plan();
        int pid = plan.longs(0);
        var outer = new PlanFixture.Label();
        plan.call(Syscall.CLONE3, pointer(clone(plan, CLONE_NEWPID, SIGCHLD)), number(88))
                .into(pid);
        plan.branch(load(pid), 0x7FFF_FFFF, number(SimulatedKernel.JVM + 2), outer);
        plan.call(Syscall.CLONE3, pointer(clone(plan, 0, SIGCHLD)), number(88));
        int pause = plan.longs(0);
        plan.call(Syscall.PPOLL, pointer(pause), number(0), number(0), number(0), number(8));
        plan.place(outer);
        plan.exit(number(0));
        launch(plan);
        var grandchild = kernel.process(SimulatedKernel.JVM + 3);
        assertThat(grandchild.state()).isEqualTo(State.RUNNING);
        call(Syscall.KILL, SimulatedKernel.JVM + 2, 9);
        assertThat(grandchild.state()).isEqualTo(State.KILLED);
    }

    @Test
    void plansThatDoNotEndAreStopped() {
        var plan = plan();
        var again = new PlanFixture.Label();
        plan.place(again);
        plan.call(Syscall.GETPID);
        plan.jump(again);
        kernel.stepLimit(100);
        assertThatIllegalStateException()
                .isThrownBy(() -> launch(plan))
                .withMessageContaining("more than 100 steps");
    }

    @Test
    void readThatNobodyWillEndIsReported() {
        kernel.patience(Duration.ofMillis(1));
        call(Syscall.PIPE2, buffer.address(), 0);
        assertThatIllegalStateException()
                .isThrownBy(() -> call(Syscall.READ, 3, buffer.address(), 1))
                .withMessageContaining("read[3, ");
    }

    @Test
    void readWaitsForAnotherThread() {
        call(Syscall.PIPE2, buffer.address(), 0);
        var reader = CompletableFuture.supplyAsync(() -> SimulatedRun.readAll(kernel, 3));
        var text = memory.bytes("hello".getBytes(StandardCharsets.UTF_8));
        assertThat(call(Syscall.WRITE, 4, text.address(), 5)).isEqualTo(5);
        assertThat(call(Syscall.CLOSE, 4)).isZero();
        assertThat(reader.join()).isEqualTo("hello");
    }

    @Test
    void planWaitsForTheJvmInTheMiddle() {
        call(Syscall.PIPE2, buffer.address(), 0x80000);
        var plan = plan();
        plan.exit(plan.call(Syscall.READ, number(9), pointer(plan.longs(0)), number(8)).slot());
        int pid =
                kernel.launch(
                        plan.build(),
                        new LaunchRequest("test", List.of(new LaunchRequest.Inherited(3, 9))));
        assertThat(kernel.process(pid).state()).isEqualTo(State.RUNNING);
        assertThat(call(Syscall.WRITE, 4, buffer.address(), 2)).isEqualTo(2);
        assertThat(kernel.process(pid).status()).isEqualTo(2);
    }

    @Test
    void descriptorThatIsNotOpenCannotBeInherited() {
        var plan = plan();
        plan.exit(number(0));
        assertThatExceptionOfType(ErrnoException.class)
                .isThrownBy(
                        () ->
                                kernel.launch(
                                        plan.build(),
                                        new LaunchRequest(
                                                "test",
                                                List.of(new LaunchRequest.Inherited(55, 1)))))
                .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.EBADF));
        assertThat(kernel.processes()).isEmpty();
    }

    @Test
    void jvmCannotBeReplacedOrEnded() {
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(() -> call(Syscall.EXIT_GROUP, 1))
                .withMessageContaining("exit_group");
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(() -> call(Syscall.CLONE3, buffer.address(), 88));
    }

    @Test
    void sealedMemfdRefusesWrites() {
        long fd = call(Syscall.MEMFD_CREATE, memory.string("m"), 3);
        assertThat(call(Syscall.WRITE, fd, buffer.address(), 8)).isEqualTo(8);
        assertThat(call(Syscall.FCNTL, fd, 1033, 8)).isZero();
        assertThat(call(Syscall.FCNTL, fd, 1034)).isEqualTo(8);
        assertThat(call(Syscall.WRITE, fd, buffer.address(), 8)).isEqualTo(-Errno.EPERM.number());
        assertThat(call(Syscall.FCNTL, fd, 1)).as("FD_CLOEXEC").isOne();
    }

    @Test
    void epollTellsWhatIsReadyAndDisarmsOneShots() {
        call(Syscall.EVENTFD2, 0, 0x80800);
        long epoll = call(Syscall.EPOLL_CREATE1, 0x80000);
        int packed = kernel.architecture() == Architecture.X86_64 ? 4 : 8;
        var event = memory.block(16).putInt(0, 1 | 1 << 30).putLong(packed, 4711);
        assertThat(call(Syscall.EPOLL_CTL, epoll, 1, 3, event.address())).isZero();
        assertThat(call(Syscall.EPOLL_CTL, epoll, 1, 3, event.address()))
                .isEqualTo(-Errno.EEXIST.number());
        assertThat(call(Syscall.EPOLL_PWAIT, epoll, buffer.address(), 4, 0, 0, 8)).isZero();
        call(Syscall.WRITE, 3, memory.block(8).putLong(0, 2).address(), 8);
        assertThat(call(Syscall.EPOLL_PWAIT, epoll, buffer.address(), 4, -1, 0, 8)).isOne();
        assertThat(buffer.getLong(packed)).isEqualTo(4711);
        assertThat(call(Syscall.EPOLL_PWAIT, epoll, buffer.address(), 4, 0, 0, 8)).isZero();
        assertThat(call(Syscall.EPOLL_CTL, epoll, 3, 3, event.address())).isZero();
        assertThat(call(Syscall.EPOLL_PWAIT, epoll, buffer.address(), 4, -1, 0, 8)).isOne();
    }

    @Test
    void streamSocketsJoinWhatWasWrittenAndReportTheEnd() {
        call(Syscall.SOCKETPAIR, 1, 1, 0, buffer.address());
        call(Syscall.WRITE, 3, buffer.address(), 5);
        call(Syscall.WRITE, 3, buffer.address(), 6);
        assertThat(call(Syscall.READ, 4, buffer.address(), 8)).isEqualTo(8);
        call(Syscall.SHUTDOWN, 3, 1);
        assertThat(call(Syscall.READ, 4, buffer.address(), 8)).isEqualTo(3);
        assertThat(call(Syscall.READ, 4, buffer.address(), 8)).isZero();
    }

    @Test
    void descriptorThatFindsNoRoomInAMessageIsClosed() {
        call(Syscall.SOCKETPAIR, 1, 5, 0, buffer.address());
        call(Syscall.PIPE2, buffer.address(), 0);
        var control = memory.block(24).putLong(0, 20).putInt(8, 1).putInt(12, 1).putInt(16, 6);
        var parts = memory.block(16).putLong(0, buffer.address()).putLong(8, 1);
        var message =
                memory.block(56)
                        .putLong(16, parts.address())
                        .putLong(24, 1)
                        .putLong(32, control.address())
                        .putLong(40, 24);
        assertThat(call(Syscall.SENDMSG, 3, message.address(), 0)).isOne();
        call(Syscall.CLOSE, 6);
        message.putLong(32, 0).putLong(40, 0);
        assertThat(call(Syscall.RECVMSG, 4, message.address(), 0)).isOne();
        assertThat(message.getInt(48)).as("MSG_CTRUNC").isEqualTo(8);
        assertThat(call(Syscall.READ, 5, buffer.address(), 1)).as("end of file").isZero();
        assertThat(kernel.descriptors()).containsExactly(0, 1, 2, 3, 4, 5);
    }

    @Test
    void writeToABrokenPipeKillsAProcessThatDoesNotIgnoreIt() {
        assertThat(writesToABrokenPipe(false).state()).isEqualTo(State.KILLED);
        assertThat(writesToABrokenPipe(true).status()).isEqualTo(Errno.EPIPE.number());
    }

    private SimulatedProcess writesToABrokenPipe(boolean ignore) {
        var plan = plan();
        int pipe = plan.ints(0, 0);
        plan.call(Syscall.PIPE2, pointer(pipe), number(0));
        plan.call(Syscall.CLOSE, load(pipe));
        if (ignore) {
            plan.call(
                    Syscall.RT_SIGACTION,
                    number(13),
                    pointer(plan.longs(1, 0, 0, 0)),
                    number(0),
                    number(8));
        }
        plan.call(Syscall.WRITE, load(pipe + 4), plan.text("x"), number(1));
        plan.exit(number(0));
        return launch(plan);
    }

    @Test
    void blockedSignalWaitsUntilItIsTaken() {
        var plan = plan();
        int set = plan.longs(1L << 14);
        plan.call(Syscall.RT_SIGPROCMASK, number(0), pointer(set), number(0), number(8));
        plan.exit(
                plan.call(Syscall.RT_SIGTIMEDWAIT, pointer(set), number(0), number(0), number(8))
                        .slot());
        var process = launch(plan);
        assertThat(process.state()).isEqualTo(State.RUNNING);
        call(Syscall.KILL, process.pid(), 15);
        assertThat(process.state()).isEqualTo(State.EXITED);
        assertThat(process.status()).isEqualTo(15);
    }

    @Test
    void programWritesToWhatItInherited() {
        kernel.program(
                process -> {
                    process.write(
                            1,
                            String.join(" ", process.program()).getBytes(StandardCharsets.UTF_8));
                    return 3;
                });
        var plan = plan();
        int name = plan.bytes(new byte[] {'e', 'c', 'h', 'o', 0});
        int word = plan.bytes(new byte[] {'h', 'i', 0});
        plan.call(
                Syscall.EXECVE,
                pointer(name),
                pointer(plan.longs(name, word, 0)),
                pointer(plan.longs(0)));
        assertThat(SimulatedRun.of(kernel, plan.build())).isEqualTo(new SimulatedRun(3, "echo hi"));
    }

    @Test
    void badAddressIsAnErrorOfTheCall() {
        var plan = plan();
        plan.call(Syscall.WRITE, number(1), number(16), number(4));
        plan.exit(number(0));
        assertThat(launch(plan).status()).isEqualTo(Errno.EFAULT.number());
    }

    @Test
    void planForAnotherArchitectureIsRefused() {
        var other =
                kernel.architecture() == Architecture.X86_64
                        ? Architecture.AARCH64
                        : Architecture.X86_64;
        var plan = new PlanFixture(other);
        plan.exit(number(0));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> kernel.launch(plan.build(), new LaunchRequest("test", List.of())))
                .withMessageContaining(other.name());
    }
}
