package io.pelagos.core.kernel;

import static io.pelagos.core.kernel.SimulatedFile.BLOCKED;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The processes of a simulated kernel: how they are born, run, wait, end and are inherited. */
final class SimulatedSystem {
    private final Architecture architecture;
    private final SimulatedScript script;
    private final SimulatedCalls calls;
    private final List<SimulatedProcess> processes = new ArrayList<>();
    private final SimulatedProcess jvm;

    SimulatedProgram program = process -> 0;
    int stepLimit = 100_000;

    SimulatedSystem(Architecture architecture, SimulatedScript script) {
        this.architecture = architecture;
        this.script = script;
        this.calls = new SimulatedCalls(this);
        this.jvm =
                new SimulatedProcess(
                        SimulatedKernel.JVM,
                        null,
                        null,
                        new SimulatedMemory.OfJvm(),
                        new SimulatedDescriptors(),
                        new SimulatedSignals());
        for (int standard = 0; standard < 3; standard++) {
            jvm.table().open(new SimulatedFile(), false);
        }
    }

    Architecture architecture() {
        return architecture;
    }

    SimulatedProcess jvm() {
        return jvm;
    }

    List<SimulatedProcess> processes() {
        return List.copyOf(processes);
    }

    @Nullable SimulatedProcess find(int pid) {
        for (var process : processes) {
            if (process.pid() == pid && !process.reaped) {
                return process;
            }
        }
        return null;
    }

    List<SimulatedProcess> childrenOf(SimulatedProcess parent) {
        return processes.stream().filter(p -> !p.reaped && parent.equals(p.parent)).toList();
    }

    /** Makes a process that begins with a plan, as posix_spawn(3) does. */
    SimulatedProcess spawn(LaunchPlan plan, List<LaunchRequest.Inherited> inherited) {
        var table = jvm.table().copy();
        try {
            for (var one : inherited) {
                table.set(one.target(), table.file(one.source()), false);
            }
        } catch (SimulatedFailure e) {
            table.closeAll();
            throw e;
        }
        table.exec();
        return add(
                new SimulatedProcess(
                        nextPid(),
                        jvm,
                        plan,
                        SimulatedMemory.OfPlan.of(plan),
                        table,
                        jvm.signals().copy()));
    }

    /** Makes a copy of a process that goes on behind the call it makes, with the result 0. */
    SimulatedProcess fork(SimulatedProcess process, SimulatedProcess parent) {
        var plan = process.plan();
        if (plan == null
                || !(process.memory() instanceof SimulatedMemory.OfPlan memory)
                || !(plan.steps().get(process.position) instanceof LaunchPlan.Call call)) {
            throw new UnsupportedOperationException("a JVM cannot fork");
        }
        var copy = memory.copy();
        copy.writeInt(call.result(), 0);
        var child =
                new SimulatedProcess(
                        nextPid(),
                        parent,
                        plan,
                        copy,
                        process.table().copy(),
                        process.signals().copy());
        child.position = process.position + 1;
        return add(child);
    }

    private int nextPid() {
        return SimulatedKernel.JVM + 1 + processes.size();
    }

    private SimulatedProcess add(SimulatedProcess process) {
        processes.add(process);
        return process;
    }

    /** Sends a signal. */
    void signal(SimulatedProcess process, int signal) {
        if (process.alive() && signal != 0 && process.signals().arrive(signal)) {
            end(process, SimulatedProcess.State.KILLED, signal);
        }
    }

    /** Ends a process: its children get another parent, and its parent hears of it. */
    void end(SimulatedProcess process, SimulatedProcess.State how, int status) {
        if (process.equals(jvm)) {
            return;
        }
        process.end(how, status);
        if (process.firstOfNamespace) {
            for (var other : processes()) {
                if (other.alive() && other.descendsFrom(process)) {
                    end(other, SimulatedProcess.State.KILLED, SimulatedSignals.SIGKILL);
                }
            }
        }
        var heir = heirOf(process);
        for (var orphan : childrenOf(process)) {
            orphan.parent = heir;
            orphan.reaped = heir == null && !orphan.alive();
        }
        var parent = process.parent;
        if (parent == null) {
            process.reaped = true;
        } else if (process.exitSignal != 0) {
            signal(parent, process.exitSignal);
        }
    }

    private @Nullable SimulatedProcess heirOf(SimulatedProcess process) {
        for (var heir = process.parent; heir != null; heir = heir.parent) {
            if (heir.alive() && (heir.subreaper || heir.firstOfNamespace)) {
                return heir;
            }
        }
        return null;
    }

    /** Lets a program take the place of a process. */
    void exec(SimulatedProcess process, List<String> arguments, List<String> environment) {
        process.become(arguments, environment);
        int code = program.run(process);
        if (code != SimulatedProgram.RUNS_ON) {
            end(process, SimulatedProcess.State.EXITED, code & 0xFF);
        }
    }

    /** Makes a call for a process: the result, or {@link SimulatedFile#BLOCKED}. */
    long attempt(SimulatedCall call) {
        long result;
        try {
            result = calls.perform(call);
        } catch (SimulatedFailure e) {
            result = -e.errno().number();
        } catch (SimulatedMemory.Fault e) {
            result = -Errno.EFAULT.number();
        }
        boolean writes = call.syscall() == Syscall.WRITE;
        if (writes && result == -Errno.EPIPE.number()) {
            signal(call.process(), SimulatedSignals.SIGPIPE);
        }
        return result;
    }

    /** Asks the script; a call that waits was asked for when it began. */
    long begin(SimulatedCall call) {
        return script.answer(call).orElseGet(() -> attempt(call));
    }

    /** Lets every process go on until each has ended or waits. */
    void run() {
        boolean progress;
        do {
            progress = false;
            for (var process : processes()) {
                while (process.state() == SimulatedProcess.State.RUNNING && step(process)) {
                    progress = true;
                }
            }
        } while (progress);
    }

    /** Carries out the next step; returns false when it has to wait. */
    private boolean step(SimulatedProcess process) {
        var plan = process.plan();
        if (plan == null || process.position >= plan.steps().size()) {
            // Behind the last step there are no steps but zeros, which store to address 0.
            end(process, SimulatedProcess.State.KILLED, SimulatedSignals.SIGSEGV);
            return true;
        }
        if (!process.waiting && ++process.taken > stepLimit) {
            end(process, SimulatedProcess.State.KILLED, SimulatedSignals.SIGKILL);
            throw new IllegalStateException(
                    "process "
                            + process.pid()
                            + " took more than "
                            + stepLimit
                            + " steps; it came to: "
                            + plan.steps().get(process.position));
        }
        return switch (plan.steps().get(process.position)) {
            case LaunchPlan.Branch branch -> decide(process, branch);
            case LaunchPlan.Call call -> call(process, call);
        };
    }

    private static boolean decide(SimulatedProcess process, LaunchPlan.Branch branch) {
        long value = value(process, branch.value()) & value(process, branch.mask());
        boolean taken = value == value(process, branch.expected());
        process.position = taken ? branch.target() : process.position + 1;
        return true;
    }

    private boolean call(SimulatedProcess process, LaunchPlan.Call step) {
        var arguments = new long[step.operands().size()];
        for (int i = 0; i < arguments.length; i++) {
            arguments[i] = value(process, step.operands().get(i));
        }
        int index = process.position;
        var call = new SimulatedCall(process, step.syscall(), arguments, index, step.purpose());
        long result = process.waiting ? attempt(call) : begin(call);
        process.waiting = result == BLOCKED;
        if (process.waiting) {
            return false;
        }
        process.record(
                new SimulatedStep(
                        index,
                        step.purpose(),
                        step.syscall(),
                        step.toString(),
                        call.arguments(),
                        result));
        if (process.state() == SimulatedProcess.State.RUNNING) {
            process.memory().writeInt(step.result(), (int) result);
            process.position = follow(process, step, index, result);
        }
        return true;
    }

    private static int follow(
            SimulatedProcess process, LaunchPlan.Call step, int index, long result) {
        boolean failed = result < 0 && result >= -Errno.MAX;
        int errno = (int) -result;
        var tolerated = step.tolerated();
        if (!failed || (tolerated != null && tolerated.number() == errno)) {
            return index + 1;
        }
        process.memory().writeInt(LaunchPlan.FAILURE, LaunchPlan.addressOf(index));
        process.memory().writeInt(LaunchPlan.FAILURE + 4, errno);
        return step.target();
    }

    private static long value(SimulatedProcess process, LaunchPlan.Operand operand) {
        return switch (operand.kind()) {
            case CONSTANT, POINTER -> operand.value();
            case LOAD -> process.memory().readLong(operand.value());
        };
    }
}
