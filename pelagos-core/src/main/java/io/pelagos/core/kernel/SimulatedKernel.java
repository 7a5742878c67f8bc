package io.pelagos.core.kernel;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A kernel for tests without privileges: it carries out launch plans in Java and answers as it was
 * told.
 *
 * <p>A {@linkplain #launch launched} plan runs as a real one would, step by step, with memory and
 * descriptors of its own; a clone3(2) gives a second process that goes on with the result 0. Pipes,
 * connected sockets (with descriptors sent along), memfds, eventfds, pidfds, signalfds, epoll,
 * poll(2), waitid(2) and signals behave as their manual pages say, so that the JVM and the
 * processes can talk to each other; processes run inside the JVM's own calls, each until it ends or
 * has to wait. There are no file systems, namespaces, users or limits: a call that opens something
 * gives a new descriptor, and every other call succeeds with 0 unless {@linkplain #when a rule}
 * says otherwise. An execve(2) closes what has to be closed and starts the {@linkplain #program
 * program}, which by default ends at once with code 0.
 *
 * <pre>{@code
 * var kernel = new SimulatedKernel().fail(Syscall.PIVOT_ROOT, Errno.EPERM);
 * int pid = kernel.launch(plan, request);
 * kernel.process(pid).steps();
 * }</pre>
 *
 * <p>Time does not pass: whoever waits with a finite timeout waits not at all. The JVM's own call
 * waits as long as needed for another thread, up to a {@linkplain #patience limit}.
 *
 * <p>The JVM's arguments are read where they lie, outside the heap, which needs native access to be
 * enabled for this module.
 */
public final class SimulatedKernel implements Kernel {
    /** The process id of the JVM. */
    public static final int JVM = 1000;

    private final Architecture architecture;
    private final SimulatedScript script = new SimulatedScript();
    private final SimulatedSystem system;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final List<Launch> launches = new ArrayList<>();
    private Duration patience = Duration.ofSeconds(10);
    private @Nullable Errno launchFailure;

    /**
     * One launch that was asked for.
     *
     * @param plan what the process does
     * @param request what it inherits
     * @param pid the process id
     */
    public record Launch(LaunchPlan plan, LaunchRequest request, int pid) {}

    /** Makes a kernel of the architecture of this JVM. */
    public SimulatedKernel() {
        this(Architecture.current());
    }

    /**
     * Makes a kernel.
     *
     * @param architecture whose call numbers and constants are in force
     */
    public SimulatedKernel(Architecture architecture) {
        this.architecture = architecture;
        this.system = new SimulatedSystem(architecture, script);
    }

    /**
     * Says what certain calls return, instead of doing anything. The latest rule that fits a call
     * counts.
     *
     * @param condition which calls; asked once a call, also one that has to wait
     * @param result the result, or a negated error number
     * @return this
     */
    public SimulatedKernel when(
            Predicate<SimulatedCall> condition, ToLongFunction<SimulatedCall> result) {
        return locked(() -> script.add(condition, result));
    }

    /**
     * Says what certain calls return, instead of doing anything.
     *
     * @param syscall which call
     * @param condition with which arguments
     * @param result the result, or a negated error number
     * @return this
     */
    public SimulatedKernel when(
            Syscall syscall,
            Predicate<SimulatedCall> condition,
            ToLongFunction<SimulatedCall> result) {
        return when(call -> call.syscall() == syscall && condition.test(call), result);
    }

    /**
     * Says what every call of a kind returns, instead of doing anything.
     *
     * @param syscall which call
     * @param result the result, or a negated error number
     * @return this
     */
    public SimulatedKernel returns(Syscall syscall, long result) {
        return when(syscall, call -> true, call -> result);
    }

    /**
     * Lets every call of a kind fail.
     *
     * @param syscall which call
     * @param errno why
     * @return this
     */
    public SimulatedKernel fail(Syscall syscall, Errno errno) {
        return returns(syscall, -errno.number());
    }

    /**
     * Lets certain calls fail.
     *
     * @param syscall which call
     * @param condition with which arguments
     * @param errno why
     * @return this
     */
    public SimulatedKernel fail(Syscall syscall, Predicate<SimulatedCall> condition, Errno errno) {
        return when(syscall, condition, call -> -errno.number());
    }

    /**
     * Lets one call fail: the nth of its kind from now on, whoever makes it.
     *
     * @param syscall which call
     * @param nth counted from 1
     * @param errno why
     * @return this
     * @throws IllegalArgumentException when nth is less than 1
     */
    public SimulatedKernel fail(Syscall syscall, int nth, Errno errno) {
        return locked(() -> script.addOccurrence(syscall, nth, errno));
    }

    /**
     * Lets a step fail in every plan that is launched.
     *
     * @param index the index of the step
     * @param errno why
     * @return this
     */
    public SimulatedKernel failStep(int index, Errno errno) {
        return when(call -> call.step() == index, call -> -errno.number());
    }

    /**
     * Lets the next launch fail, as when the system has no more processes to give.
     *
     * @param errno why
     * @return this
     */
    public SimulatedKernel failLaunch(Errno errno) {
        return locked(() -> launchFailure = errno);
    }

    /**
     * Says what the programs do that plans execute.
     *
     * @param program asked at each successful execve(2)
     * @return this
     */
    public SimulatedKernel program(SimulatedProgram program) {
        return locked(() -> system.program = program);
    }

    /**
     * Limits how long a process may go on.
     *
     * @param steps how many steps it may take before the call that lets it run fails with {@link
     *     IllegalStateException}; 100,000 unless said otherwise
     * @return this
     */
    public SimulatedKernel stepLimit(int steps) {
        return locked(() -> system.stepLimit = steps);
    }

    /**
     * Limits how long a call of the JVM may wait.
     *
     * @param limit how long before it fails with {@link IllegalStateException}; 10 seconds unless
     *     said otherwise. Waiting without end by epoll_pwait(2) and ppoll(2) is never limited
     * @return this
     */
    public SimulatedKernel patience(Duration limit) {
        return locked(() -> patience = limit);
    }

    private SimulatedKernel locked(Runnable change) {
        lock.lock();
        try {
            change.run();
            return this;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Architecture architecture() {
        return architecture;
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalStateException when it would wait too long, or when a process that it lets run
     *     takes too many steps
     * @throws UnsupportedOperationException for calls that a JVM cannot make: clone3(2), execve(2),
     *     exit(2)
     */
    @Override
    public long call(Syscall syscall, long... arguments) {
        var call = new SimulatedCall(system.jvm(), syscall, arguments, SimulatedCall.NO_STEP, "");
        lock.lock();
        try {
            long result = system.begin(call);
            system.run();
            long left = mayWaitForEver(syscall) ? Long.MAX_VALUE : patience.toNanos();
            while (result == SimulatedFile.BLOCKED) {
                result = system.attempt(call);
                if (result == SimulatedFile.BLOCKED) {
                    if (left <= 0) {
                        throw new IllegalStateException(
                                syscall.callName()
                                        + call.arguments()
                                        + " still waits after "
                                        + patience.toMillis()
                                        + " ms, and nothing happens");
                    }
                    left = changed.awaitNanos(left);
                }
            }
            system.run();
            return result;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(syscall.callName() + " was interrupted", e);
        } finally {
            changed.signalAll();
            lock.unlock();
        }
    }

    private static boolean mayWaitForEver(Syscall syscall) {
        return syscall == Syscall.EPOLL_PWAIT || syscall == Syscall.PPOLL;
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalStateException when the process takes too many steps
     */
    @Override
    public int launch(LaunchPlan plan, LaunchRequest request) {
        lock.lock();
        try {
            if (launchFailure != null) {
                var errno = launchFailure;
                launchFailure = null;
                throw new ErrnoException(errno, "posix_spawn(\"" + request.name() + "\")");
            }
            int pid = spawn(plan, request).pid();
            launches.add(new Launch(plan, request, pid));
            system.run();
            changed.signalAll();
            return pid;
        } finally {
            lock.unlock();
        }
    }

    private SimulatedProcess spawn(LaunchPlan plan, LaunchRequest request) {
        if (plan.architecture() != architecture) {
            throw new IllegalArgumentException(
                    "a plan for " + plan.architecture() + " on " + architecture);
        }
        try {
            return system.spawn(plan, request.descriptors());
        } catch (SimulatedFailure e) {
            throw new ErrnoException(e.errno(), "posix_spawn(\"" + request.name() + "\")");
        }
    }

    /**
     * Returns the launches so far.
     *
     * @return plans and requests, in order
     */
    public List<Launch> launches() {
        lock.lock();
        try {
            return List.copyOf(launches);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns all processes there ever were, in the order of their birth.
     *
     * @return launched processes and their descendants
     */
    public List<SimulatedProcess> processes() {
        lock.lock();
        try {
            return system.processes();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns a process.
     *
     * @param pid its process id
     * @return the process, also when it has ended
     * @throws IllegalArgumentException when there never was one
     */
    public SimulatedProcess process(int pid) {
        for (var process : processes()) {
            if (process.pid() == pid) {
                return process;
            }
        }
        throw new IllegalArgumentException("no process " + pid);
    }

    /**
     * Returns the descriptors that the JVM has open, for tests that look for leaks.
     *
     * @return their numbers, ascending; 0, 1 and 2 to begin with
     */
    public List<Integer> descriptors() {
        lock.lock();
        try {
            return system.jvm().table().numbers();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns the processes that nobody has waited for: running ones and zombies.
     *
     * @return process ids in the order of birth
     */
    public List<Integer> unreaped() {
        lock.lock();
        try {
            return system.processes().stream()
                    .filter(process -> !process.reaped)
                    .map(SimulatedProcess::pid)
                    .toList();
        } finally {
            lock.unlock();
        }
    }
}
