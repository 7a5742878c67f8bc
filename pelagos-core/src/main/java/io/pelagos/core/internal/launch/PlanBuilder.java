package io.pelagos.core.internal.launch;

import io.pelagos.core.kernel.Architecture;
import io.pelagos.core.kernel.Constant;
import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.LaunchPlan;
import io.pelagos.core.kernel.LaunchPlan.Operand;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Composes a launch plan step by step, in the words of the manual pages:
 *
 * <pre>{@code
 * plan.purpose("mounting /proc");
 * var context = plan.slot("context");
 * plan.call(FSOPEN, "proc", FSOPEN_CLOEXEC).into(context);
 * plan.call(FSCONFIG, context, FSCONFIG_CMD_CREATE, null, null, 0);
 * }</pre>
 *
 * <p>An argument of a call is a number, a {@link Constant}, a string (its address is passed), a
 * {@link Pointer} (the address), a {@link Struct} (its address), a {@link Slot} (the value found
 * there when the step runs), or null (zero). A call that fails jumps to the label of {@link
 * #onError} unless it says otherwise.
 */
public final class PlanBuilder {
    /** The numbers that plans are full of, since an operand for each of them costs a start time. */
    private static final List<Operand> SMALL =
            IntStream.range(0, 256)
                    .mapToObj(
                            number ->
                                    new Operand(
                                            Operand.Kind.CONSTANT,
                                            number,
                                            Integer.toString(number)))
                    .toList();

    private static final Operand NULL = new Operand(Operand.Kind.CONSTANT, 0, "NULL");

    private final Architecture architecture;
    private final List<Draft> drafts = new ArrayList<>(192);
    private final Map<String, Operand> strings = new HashMap<>();
    private final IdentityHashMap<Struct, Operand> structs = new IdentityHashMap<>();
    private ByteBuffer data =
            ByteBuffer.allocate(1 << 14)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .position(LaunchPlan.FIRST_FREE - LaunchPlan.DATA);
    private final List<LaunchPlan.Text> texts = new ArrayList<>();
    private String purpose = "";
    private Label onError = new Label();

    /**
     * Begins an empty plan.
     *
     * @param architecture whose constants it uses
     */
    public PlanBuilder(Architecture architecture) {
        this.architecture = architecture;
    }

    /** Returns whose constants the plan uses. */
    public Architecture architecture() {
        return architecture;
    }

    /** A place in the plan to which steps can jump. */
    public static final class Label {
        private int index = -1;
    }

    /**
     * An address in the plan's memory, passed as it is.
     *
     * @param address the address
     * @param text what a printed plan shows
     */
    public record Pointer(int address, String text) {
        /** Returns the address some bytes further on. */
        public Pointer at(int offset) {
            return new Pointer(address + offset, text);
        }

        /** Returns the 64-bit value found at this address when a step runs. */
        public Slot value() {
            return new Slot(address, text);
        }
    }

    /**
     * A 64-bit value in the plan's memory, loaded when a step runs; results of calls are stored
     * into its lower half.
     */
    public static final class Slot {
        private final String text;
        private final Operand operand;

        private Slot(int address, String text) {
            this(text, new Operand(Operand.Kind.LOAD, address, "$" + text));
        }

        private Slot(String text, Operand operand) {
            this.text = text;
            this.operand = operand;
        }

        /** Returns where it is. */
        public int address() {
            return (int) operand.value();
        }

        /** Returns what a printed plan shows. */
        public String text() {
            return text;
        }
    }

    /**
     * A struct of 64-bit fields that never changes: it takes place in a plan once, however often it
     * is passed. Meant to be a constant of the class that passes it.
     *
     * @param text what a printed plan shows
     * @param fields numbers and constants
     */
    public record Struct(String text, List<Object> fields) {
        /** Makes a struct. */
        public static Struct of(String text, Object... fields) {
            return new Struct(text, List.of(fields));
        }
    }

    /** The error number of the last failure, in its lower half. */
    public static final Slot LAST_ERRNO = new Slot(LaunchPlan.FAILURE + 4, "errno");

    /** A call that was added, to say what happens to its result and its failure. */
    public static final class Added {
        private final Draft draft;

        private Added(Draft draft) {
            this.draft = draft;
        }

        /** Takes one error for success. */
        public Added tolerate(Errno errno) {
            draft.tolerated = errno;
            return this;
        }

        /** Jumps elsewhere when the call fails. */
        public Added orElse(Label label) {
            draft.target = label;
            return this;
        }

        /** Stores the lower 32 bits of the result in a slot. */
        public Added into(Slot slot) {
            draft.result = slot.address();
            return this;
        }

        /** Stores the lower 32 bits of the result in a struct. */
        public Added into(Pointer field) {
            draft.result = field.address();
            return this;
        }
    }

    private static final class Draft {
        final String purpose;
        final @Nullable Syscall syscall;
        final List<Operand> operands;
        @Nullable Errno tolerated;
        int result = LaunchPlan.SCRATCH;
        Label target;

        Draft(String purpose, @Nullable Syscall syscall, List<Operand> operands, Label target) {
            this.purpose = purpose;
            this.syscall = syscall;
            this.operands = operands;
            this.target = target;
        }

        LaunchPlan.Step step(int count) {
            int index = target.index < 0 ? count - 1 : target.index;
            return syscall == null
                    ? new LaunchPlan.Branch(
                            purpose, operands.get(0), operands.get(1), operands.get(2), index)
                    : new LaunchPlan.Call(purpose, syscall, operands, tolerated, result, index);
        }
    }

    /** Says what the following steps are for, in words that can begin an error message. */
    public PlanBuilder purpose(String text) {
        purpose = text;
        return this;
    }

    /** Adds a call. */
    public Added call(Syscall syscall, @Nullable Object... arguments) {
        var operands = new Operand[arguments.length];
        for (int i = 0; i < arguments.length; i++) {
            operands[i] = operand(arguments[i]);
        }
        var draft = new Draft(purpose, syscall, List.of(operands), onError);
        drafts.add(draft);
        return new Added(draft);
    }

    /** Goes to the label when {@code (value & mask) == expected}. */
    public void when(Object value, long mask, long expected, Label to) {
        drafts.add(
                new Draft(
                        purpose,
                        null,
                        List.of(operand(value), number(mask), number(expected)),
                        to));
    }

    /** Goes to the label when the lower halves of two values are equal. */
    public void whenEqual(Slot value, Slot expected, Label to) {
        drafts.add(
                new Draft(
                        purpose,
                        null,
                        List.of(operand(value), number(0xffffffffL), operand(expected)),
                        to));
    }

    /** Goes to the label when the lower half of a slot, a result, has this value. */
    public void whenResult(Slot value, int expected, Label to) {
        when(value, 0xffffffffL, expected & 0xffffffffL, to);
    }

    /** Goes to the label when the last failure had this error number. */
    public void whenErrno(Errno errno, Label to) {
        whenResult(LAST_ERRNO, errno.number(), to);
    }

    /** Goes to the label. */
    public Added jump(Label to) {
        when(0, 0, 0, to);
        return new Added(drafts.getLast());
    }

    /** Puts a label in front of the next step. */
    public void here(Label label) {
        if (label.index >= 0) {
            throw new IllegalStateException("a label in two places");
        }
        label.index = drafts.size();
    }

    /** Returns where calls jump when they fail. */
    public Label onError() {
        return onError;
    }

    /** Says where the following calls jump when they fail. */
    public void onError(Label label) {
        onError = label;
    }

    /** Allocates a slot with the value zero. */
    public Slot slot(String text) {
        return new Slot(allocate(new byte[8]), text);
    }

    /** Allocates bytes. */
    public Pointer bytes(String text, byte[] bytes) {
        return new Pointer(allocate(bytes), text);
    }

    /** Allocates zeroed bytes. */
    public Pointer space(String text, int size) {
        return new Pointer(allocate(new byte[size]), text);
    }

    /** Allocates a struct of 64-bit fields: numbers, constants, strings, pointers or null. */
    public Pointer longs(String text, @Nullable Object... fields) {
        var bytes = ByteBuffer.allocate(8 * fields.length).order(ByteOrder.LITTLE_ENDIAN);
        for (var field : fields) {
            bytes.putLong(operand(field).value());
        }
        return bytes(text, bytes.array());
    }

    /** Allocates an array of 32-bit numbers. */
    public Pointer ints(String text, int... numbers) {
        var bytes = ByteBuffer.allocate(4 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int number : numbers) {
            bytes.putInt(number);
        }
        return bytes(text, bytes.array());
    }

    /**
     * A text that can be replaced in the finished plan, see {@link LaunchPlan#withTexts}.
     *
     * @param value the address of the text
     * @param length its length in bytes
     */
    public record Text(Pointer value, Slot length) {}

    /** Allocates a text that can be replaced by others with up to so many bytes. */
    public Text text(String name, String value, int capacity) {
        var bytes = value.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > capacity) {
            throw new IllegalArgumentException(name + ": " + value);
        }
        int length = allocate(new byte[Long.BYTES + capacity + 1]);
        data.putLong(length - LaunchPlan.DATA, bytes.length);
        data.put(length - LaunchPlan.DATA + Long.BYTES, bytes);
        texts.add(new LaunchPlan.Text(name, length + Long.BYTES, capacity));
        return new Text(
                new Pointer(length + Long.BYTES, SystemCalls.quote(value)),
                new Slot(
                        name + " length",
                        new Operand(Operand.Kind.LOAD, length, Integer.toString(bytes.length))));
    }

    /** Allocates a vector of strings that ends with a null pointer, as execve(2) takes it. */
    public Pointer strings(List<String> strings) {
        var fields = new @Nullable Object[strings.size() + 1];
        var text = new StringBuilder("[");
        for (int i = 0; i < strings.size(); i++) {
            fields[i] = strings.get(i);
            text.append(i == 0 ? "" : ", ").append(SystemCalls.quote(strings.get(i)));
        }
        return longs(text.append(']').toString(), fields);
    }

    /** Returns the number that a constant stands for here. */
    public long value(Constant constant) {
        return constant.value(architecture);
    }

    /** Returns the finished plan; labels that were never placed mean its last step. */
    public LaunchPlan build() {
        var steps = new ArrayList<LaunchPlan.Step>(drafts.size());
        for (var draft : drafts) {
            steps.add(draft.step(drafts.size()));
        }
        int size = data.position() + 7 & ~7;
        return new LaunchPlan(architecture, steps, Arrays.copyOf(data.array(), size), size, texts);
    }

    private Operand operand(@Nullable Object argument) {
        // Not a switch: one over types takes a cold JVM as long to link as a start takes.
        if (argument == null) {
            return NULL;
        }
        if (argument instanceof Integer || argument instanceof Long) {
            return number(((Number) argument).longValue());
        }
        if (argument instanceof Constant constant) {
            return new Operand(
                    Operand.Kind.CONSTANT, constant.value(architecture), constant.name());
        }
        if (argument instanceof String text) {
            return string(text);
        }
        if (argument instanceof Pointer pointer) {
            return new Operand(Operand.Kind.POINTER, pointer.address(), pointer.text());
        }
        if (argument instanceof Slot slot) {
            return slot.operand;
        }
        if (argument instanceof Struct struct) {
            return struct(struct);
        }
        throw new IllegalArgumentException(
                "an argument of " + argument.getClass() + ": " + argument);
    }

    private static Operand number(long number) {
        if (number >= 0 && number < SMALL.size()) {
            return SMALL.get((int) number);
        }
        return new Operand(
                Operand.Kind.CONSTANT,
                number,
                number > 0xffff && number != 0xffffffffL
                        ? "0x" + Long.toHexString(number)
                        : Long.toString(number));
    }

    private Operand string(String text) {
        var known = strings.get(text);
        if (known != null) {
            return known;
        }
        var quoted = SystemCalls.quote(text);
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a NUL character in " + quoted);
        }
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        int address = allocate(Arrays.copyOf(bytes, bytes.length + 1));
        var operand = new Operand(Operand.Kind.POINTER, address, quoted);
        strings.put(text, operand);
        return operand;
    }

    private Operand struct(Struct struct) {
        var known = structs.get(struct);
        if (known != null) {
            return known;
        }
        var operand = operand(longs(struct.text(), struct.fields().toArray()));
        structs.put(struct, operand);
        return operand;
    }

    private int allocate(byte[] bytes) {
        int at = data.position() + 7 & ~7;
        if (at + bytes.length > data.capacity()) {
            var larger =
                    ByteBuffer.allocate(2 * (at + bytes.length)).order(ByteOrder.LITTLE_ENDIAN);
            larger.put(data.flip());
            data = larger;
        }
        data.position(at).put(bytes);
        return LaunchPlan.DATA + at;
    }
}
