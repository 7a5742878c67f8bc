package io.pelagos.core.internal.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.fail;

import io.pelagos.core.kernel.Architecture;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.Kernel;
import io.pelagos.core.kernel.LaunchPlan;
import io.pelagos.core.kernel.LaunchRequest;
import io.pelagos.core.kernel.OpenFlag;
import io.pelagos.core.kernel.Poller;
import io.pelagos.core.kernel.SimulatedKernel;
import io.pelagos.core.kernel.SimulatedProgram;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.FutureTask;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The protocol of a launch, both sides of it: the launcher, and plans that simulated processes
 * carry out. No process is made and no privilege is needed.
 */
class LauncherTest {
    private static final int SIGKILL = 9;
    private static final int CLOSE_RANGE_CLOEXEC = 4;
    private static final byte[] PROGRAM = {'p', 'r', 'o', 'g', 'r', 'a', 'm', 0};
    private static final List<Integer> STDIO = List.of(0, 1, 2);
    private static final String CHANGING_THE_ROOT = "changing the root";

    private final SimulatedKernel simulated = new SimulatedKernel();

    private enum Waiting {
        ATTACHED,
        CHILD,
        DETACHED;

        Supervision.Kind kind() {
            return switch (this) {
                case ATTACHED -> new Supervision.Kind.Attached(Cleanup.NONE);
                case CHILD -> new Supervision.Kind.Child(Cleanup.NONE);
                case DETACHED ->
                        new Supervision.Kind.Detached(
                                Channels.with(0).other(0),
                                new Logs(-1, -1, Logs.USUAL_BOUND),
                                null,
                                null,
                                List.of(),
                                Cleanup.NONE);
            };
        }
    }

    /** What a test launches. */
    private record Trial(
            Supervision.Kind kind,
            Launcher.@Nullable Placing placing,
            @Nullable IntConsumer awaited) {
        static Trial of(Waiting waiting) {
            return new Trial(waiting.kind(), null, null);
        }

        Trial awaited(IntConsumer action) {
            return new Trial(kind, placing, action);
        }

        Trial placing(Launcher.Placing made) {
            return new Trial(kind, made, awaited);
        }

        LaunchPlan plan(Architecture architecture, Channels channels) {
            return Supervision.compose(
                    new PlanBuilder(architecture),
                    channels,
                    kind,
                    new Supervision.Clone(
                            Constant.flags(), "one", placing != null, 1, awaited != null, 0, null),
                    (child, word) -> {
                        child.purpose(CHANGING_THE_ROOT);
                        child.call(Syscall.PIVOT_ROOT, ".", ".");
                        for (var joined : word.await()) {
                            child.purpose("entering a cgroup");
                            child.call(Syscall.WRITE, joined, "0", 1);
                        }
                        child.purpose("closing all descriptors at the execution");
                        child.call(Syscall.CLOSE_RANGE, 3, 0xffffffffL, CLOSE_RANGE_CLOEXEC);
                        child.purpose("executing the program");
                        var name = child.bytes("program", PROGRAM);
                        child.call(
                                Syscall.EXECVE,
                                "/bin/program",
                                child.longs("[\"program\"]", name, 0),
                                child.longs("[]", 0));
                    });
        }

        Launcher.Started launch(Kernel kernel) {
            try (var poller = Poller.open(kernel);
                    var launcher = new Launcher(kernel, poller, new Ahead(false))) {
                return launch(launcher, kernel.architecture());
            }
        }

        Launcher.Started launch(Launcher launcher, Architecture architecture) {
            boolean detached = kind instanceof Supervision.Kind.Detached;
            return launcher.launch(
                    channels -> plan(architecture, channels),
                    new Launcher.Request(
                            STDIO,
                            detached ? List.of(0) : List.of(),
                            placing,
                            awaited,
                            () -> {},
                            kind));
        }
    }

    private void close(Launcher.Started started) {
        started.control().close();
        started.pidfd().close();
    }

    private void assertNothingIsLeft() {
        assertThat(simulated.unreaped()).as("processes").isEmpty();
        assertThat(simulated.descriptors()).as("descriptors").isEqualTo(STDIO);
    }

    private byte[] end(Launcher.Started started) {
        var info = new byte[128];
        try (var poller = Poller.open(simulated);
                var launcher = new Launcher(simulated, poller, new Ahead(false))) {
            assertThat(launcher.receive(started.control(), info)).isEqualTo(info.length);
        }
        return info;
    }

    private void reap(int pid) {
        byte[] ignored =
                new SystemCalls(simulated).waitid(io.pelagos.core.kernel.WaitFlag.P_PID, pid);
        assertThat(ignored).hasSize(128);
    }

    @Test
    void aProgramRunsAndItsEndIsReportedByTheHelper() {
        simulated.program(process -> 7);
        var started = Trial.of(Waiting.ATTACHED).launch(simulated);
        assertThat(simulated.process(started.pid()).program()).containsExactly("program");
        var info = end(started);
        assertThat(info[8]).as("CLD_EXITED").isEqualTo((byte) 1);
        assertThat(info[24]).as("si_status").isEqualTo((byte) 7);
        close(started);
        reap(started.helper());
        assertNothingIsLeft();
    }

    @Test
    void theJvmIsTheParentOfAChild() {
        simulated.program(process -> 7);
        var started = Trial.of(Waiting.CHILD).launch(simulated);
        reap(started.pid());
        close(started);
        reap(started.helper());
        assertNothingIsLeft();
    }

    @Test
    void theHelperOfADetachedProcessIsGoneAtOnce() {
        simulated.program(process -> SimulatedProgram.RUNS_ON);
        var started = Trial.of(Waiting.DETACHED).launch(simulated);
        reap(started.helper());
        close(started);
        assertThat(simulated.process(started.pid()).program()).isNotEmpty();
        assertThat(simulated.call(Syscall.KILL, started.pid(), SIGKILL)).isZero();
        assertThat(simulated.descriptors()).isEqualTo(STDIO);
    }

    @ParameterizedTest
    @EnumSource
    void aFailedStepOfTheProcessIsNamed(Waiting waiting) {
        simulated.fail(Syscall.PIVOT_ROOT, Errno.EPERM);
        assertThatThrownBy(() -> Trial.of(waiting).launch(simulated))
                .isInstanceOfSatisfying(
                        LaunchFailure.class,
                        failure -> {
                            assertThat(failure.errno()).isEqualTo(Errno.EPERM);
                            assertThat(failure)
                                    .hasMessageContainingAll(CHANGING_THE_ROOT, "pivot_root");
                        });
        assertNothingIsLeft();
    }

    @ParameterizedTest
    @CsvSource({"SETSID,leaving the JVM's session", "CLONE3,creating the first process"})
    void aFailedStepOfTheHelperIsNamed(Syscall syscall, String purpose) {
        simulated.fail(syscall, Errno.EAGAIN);
        assertThatThrownBy(() -> Trial.of(Waiting.ATTACHED).launch(simulated))
                .isInstanceOf(LaunchFailure.class)
                .hasMessageContainingAll(purpose, "EAGAIN");
        assertNothingIsLeft();
    }

    /** The helper reports that it cannot hand over the pidfd, and the process what befell it. */
    @ParameterizedTest
    @ValueSource(strings = {"ATTACHED", "CHILD"})
    void recordsOfTheHelperAndOfTheProcessMayComeInAnyOrder(Waiting waiting) {
        simulated.fail(Syscall.PIVOT_ROOT, Errno.EPERM).fail(Syscall.SENDMSG, Errno.EPERM);
        assertThatThrownBy(() -> Trial.of(waiting).launch(simulated))
                .isInstanceOfSatisfying(
                        LaunchFailure.class,
                        failure -> assertThat(failure.errno()).isEqualTo(Errno.EPERM));
        assertNothingIsLeft();
    }

    @Test
    void aHelperThatCannotBeSpawnedIsAnErrorOfItsOwn() {
        simulated.failLaunch(Errno.EAGAIN);
        assertThatThrownBy(() -> Trial.of(Waiting.ATTACHED).launch(simulated))
                .isInstanceOf(ErrnoException.class)
                .hasMessageContainingAll("posix_spawn", "EAGAIN");
        assertNothingIsLeft();
    }

    @Test
    void aProcessThatIsKilledBeforeTheWordIsFoundDeadAfterwards() {
        var started =
                Trial.of(Waiting.ATTACHED)
                        .awaited(pid -> assertThat(kill(pid)).isZero())
                        .launch(simulated);
        assertThat(simulated.process(started.pid()).program()).isEmpty();
        assertThat(end(started)[24]).as("si_status").isEqualTo((byte) SIGKILL);
        close(started);
        reap(started.helper());
        assertNothingIsLeft();
    }

    @Test
    void aHelperThatIsKilledBeforeThereIsAProcessIsReported() {
        var placing =
                new Launcher.Placing() {
                    @Override
                    public Optional<Fd> make() {
                        assertThat(kill(simulated.launches().getLast().pid())).isZero();
                        return Optional.empty();
                    }

                    @Override
                    public List<Fd> complete() {
                        return List.of();
                    }
                };
        assertThatThrownBy(() -> Trial.of(Waiting.ATTACHED).placing(placing).launch(simulated))
                .isInstanceOf(LaunchFailure.class)
                .hasMessageContaining("the helper ended before it had started a process");
        assertNothingIsLeft();
    }

    private long kill(int pid) {
        return simulated.call(Syscall.KILL, pid, SIGKILL);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ATTACHED", "CHILD"})
    void theProcessEndsWhenTheJvmIsGone(Waiting waiting) {
        simulated.program(process -> SimulatedProgram.RUNS_ON);
        var started = Trial.of(waiting).launch(simulated);
        started.control().close();
        assertThat(simulated.process(started.pid()).status()).isEqualTo(SIGKILL);
        if (waiting == Waiting.CHILD) {
            reap(started.pid());
        }
        started.pidfd().close();
        reap(started.helper());
        assertNothingIsLeft();
    }

    @Test
    void aFailureOfWhatTheJvmDoesMeanwhileEndsEverything() {
        for (var waiting : Waiting.values()) {
            var trial =
                    Trial.of(waiting)
                            .awaited(
                                    pid -> {
                                        throw new IllegalArgumentException("no such map");
                                    });
            assertThatThrownBy(() -> trial.launch(simulated)).hasMessage("no such map");
            assertNothingIsLeft();
        }
    }

    @Test
    void theProcessIsBornInTheCgroupAndEntersTheOthers() {
        var calls = new SystemCalls(simulated);
        var born = calls.open(null, "/cgroup/one", OpenFlag.O_RDONLY);
        var joined = calls.open(null, "/memory/one/tasks", OpenFlag.O_RDONLY);
        var started =
                Trial.of(Waiting.ATTACHED)
                        .placing(placing(Optional.of(born), joined))
                        .launch(simulated);
        var helper = simulated.process(started.helper());
        assertThat(helper.steps())
                .filteredOn(step -> step.syscall() == Syscall.CLONE3)
                .singleElement()
                .satisfies(step -> assertThat(step.text()).contains("CLONE_INTO_CGROUP"));
        assertThat(simulated.process(started.pid()).steps())
                .filteredOn(step -> step.purpose().equals("entering a cgroup"))
                .singleElement()
                .satisfies(step -> assertThat(step.result()).isNotNegative());
        assertThat(joined.isOpen()).as("closed by the launcher").isFalse();
        born.close();
        assertThat(end(started)).hasSize(128);
        close(started);
        reap(started.helper());
        assertNothingIsLeft();
    }

    private static Launcher.Placing placing(Optional<Fd> born, Fd... joined) {
        return new Launcher.Placing() {
            @Override
            public Optional<Fd> make() {
                return born;
            }

            @Override
            public List<Fd> complete() {
                return List.of(joined);
            }
        };
    }

    @Test
    void aVirtualThreadLaunchesToo() throws Exception {
        simulated.program(process -> 7);
        try (var poller = Poller.open(simulated);
                var launcher = new Launcher(simulated, poller, new Ahead(false))) {
            var task =
                    new FutureTask<>(
                            () ->
                                    Trial.of(Waiting.ATTACHED)
                                            .launch(launcher, simulated.architecture()));
            Thread.startVirtualThread(task);
            var started = task.get();
            assertThat(end(started)[24]).isEqualTo((byte) 7);
            close(started);
            reap(started.helper());
        }
        assertNothingIsLeft();
    }

    /** The container ends too, although the JVM has no number left for its pidfd. */
    @ParameterizedTest
    @EnumSource
    void whateverCallOfTheJvmFailsNothingIsLeft(Waiting waiting) {
        simulated.program(process -> SimulatedProgram.RUNS_ON);
        for (int n = 0; ; n++) {
            var failing = new Failing(simulated, n);
            try {
                var started = Trial.of(waiting).awaited(pid -> {}).launch(failing);
                close(started);
                assertThat(kill(started.pid())).isIn(0L, (long) -Errno.ESRCH.number());
                if (waiting == Waiting.CHILD) {
                    reap(started.pid());
                }
                reap(started.helper());
            } catch (ErrnoException | LaunchFailure e) {
                assertThat(e).as("call " + n).message().isNotBlank();
            }
            assertThat(simulated.descriptors()).as("call " + n).isEqualTo(STDIO);
            assertThat(simulated.unreaped()).as("call " + n).isEmpty();
            if (!failing.reached()) {
                assertThat(n).isGreaterThanOrEqualTo(6);
                return;
            }
            if (n > 1000) {
                fail("does not end");
            }
        }
    }

    /** Lets one call of the JVM fail. */
    private static final class Failing implements Kernel {
        private static final Set<Syscall> SURE =
                EnumSet.of(
                        Syscall.CLOSE,
                        Syscall.WAITID,
                        Syscall.SHUTDOWN,
                        Syscall.EPOLL_PWAIT,
                        Syscall.EPOLL_CTL,
                        Syscall.EPOLL_CREATE1,
                        Syscall.EVENTFD2,
                        // The end of the poller.
                        Syscall.WRITE,
                        Syscall.PIDFD_SEND_SIGNAL);

        private final Kernel kernel;
        private final Thread caller = Thread.currentThread();
        private int left;

        Failing(Kernel kernel, int successes) {
            this.kernel = kernel;
            left = successes;
        }

        boolean reached() {
            return left < 0;
        }

        @Override
        public Architecture architecture() {
            return kernel.architecture();
        }

        @Override
        public long call(Syscall syscall, long... arguments) {
            boolean counts = Thread.currentThread() == caller && !SURE.contains(syscall);
            return counts && left-- == 0 ? -Errno.ENOMEM.number() : kernel.call(syscall, arguments);
        }

        @Override
        public int launch(LaunchPlan plan, LaunchRequest request) {
            if (left-- == 0) {
                throw new ErrnoException(Errno.ENOMEM, "posix_spawn");
            }
            return kernel.launch(plan, request);
        }
    }
}
