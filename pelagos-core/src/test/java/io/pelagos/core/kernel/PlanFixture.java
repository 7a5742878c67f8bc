package io.pelagos.core.kernel;

import io.pelagos.core.kernel.LaunchPlan.Operand;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Builds small plans for tests. An error that a step does not handle becomes the exit code. */
final class PlanFixture {
    private final Architecture architecture;
    private final List<Supplier<LaunchPlan.Step>> steps = new ArrayList<>();
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();
    private final Label onError = new Label();

    PlanFixture(Architecture architecture) {
        this.architecture = architecture;
        data.writeBytes(new byte[LaunchPlan.FIRST_FREE - LaunchPlan.DATA]);
    }

    /** A step that may be placed later. */
    static final class Label {
        private int index = -1;
    }

    /** A call that may still be changed. */
    final class PendingCall implements Supplier<LaunchPlan.Step> {
        private final Syscall syscall;
        private final List<Operand> operands;
        private @Nullable Errno tolerated;
        private int result = LaunchPlan.SCRATCH;
        private Label target = onError;

        private PendingCall(Syscall syscall, List<Operand> operands) {
            this.syscall = syscall;
            this.operands = operands;
        }

        PendingCall into(int address) {
            result = address;
            return this;
        }

        PendingCall tolerate(Errno errno) {
            tolerated = errno;
            return this;
        }

        PendingCall orElse(Label label) {
            target = label;
            return this;
        }

        /** Stores the result in a slot of its own and returns an operand that loads it. */
        Operand slot() {
            result = longs(0);
            return load(result);
        }

        @Override
        public LaunchPlan.Step get() {
            return new LaunchPlan.Call(
                    "calling " + syscall.callName(),
                    syscall,
                    operands,
                    tolerated,
                    result,
                    target.index);
        }
    }

    static Operand number(long value) {
        return new Operand(Operand.Kind.CONSTANT, value, Long.toString(value));
    }

    static Operand pointer(int address) {
        return new Operand(Operand.Kind.POINTER, address, "0x" + Integer.toHexString(address));
    }

    static Operand load(int address) {
        return new Operand(Operand.Kind.LOAD, address, "[0x" + Integer.toHexString(address) + "]");
    }

    PendingCall call(Syscall syscall, Operand... operands) {
        var call = new PendingCall(syscall, List.of(operands));
        steps.add(call);
        return call;
    }

    void branch(Operand value, long mask, Operand expected, Label label) {
        branch(value, number(mask), expected, label);
    }

    void branch(Operand value, Operand mask, Operand expected, Label label) {
        steps.add(() -> new LaunchPlan.Branch("deciding", value, mask, expected, label.index));
    }

    void jump(Label label) {
        branch(number(0), 0, number(0), label);
    }

    void place(Label label) {
        label.index = steps.size();
    }

    /** Writes a text to the standard output. */
    void print(String text) {
        call(Syscall.WRITE, number(1), text(text), number(text.length()));
    }

    void exit(Operand code) {
        call(Syscall.EXIT_GROUP, code);
    }

    int bytes(byte[] bytes) {
        data.writeBytes(new byte[-data.size() & 7]);
        int address = LaunchPlan.DATA + data.size();
        data.writeBytes(bytes);
        return address;
    }

    Operand text(String text) {
        return pointer(bytes((text + "\0").getBytes(StandardCharsets.UTF_8)));
    }

    int longs(long... values) {
        var out = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (long value : values) {
            out.putLong(value);
        }
        return bytes(out.array());
    }

    int ints(int... values) {
        var out = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int value : values) {
            out.putInt(value);
        }
        return bytes(out.array());
    }

    /** Room that is not in the file; to be asked for after all data. */
    LaunchPlan buildWithZeros(int size) {
        place(onError);
        exit(load(LaunchPlan.FAILURE + 4));
        var built = steps.stream().map(Supplier::get).toList();
        data.writeBytes(new byte[8]);
        return new LaunchPlan(architecture, built, data.toByteArray(), data.size() + size);
    }

    LaunchPlan build() {
        return buildWithZeros(0);
    }

    /** The same plan with one operand of a call read through memory instead. */
    static LaunchPlan indirect(LaunchPlan plan, int step, int position) {
        var call = (LaunchPlan.Call) plan.steps().get(step);
        var data = Arrays.copyOf(plan.data(), plan.data().length + 8);
        var operands = new ArrayList<>(call.operands());
        ByteBuffer.wrap(data)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(data.length - 8, operands.get(position).value());
        operands.set(position, load(LaunchPlan.DATA + data.length - 8));
        var steps = new ArrayList<>(plan.steps());
        steps.set(
                step,
                new LaunchPlan.Call(
                        call.purpose(),
                        call.syscall(),
                        operands,
                        call.tolerated(),
                        call.result(),
                        call.target()));
        return new LaunchPlan(plan.architecture(), steps, data, plan.dataSize() + 8);
    }
}
