package io.pelagos.core.kernel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An ordered list of system calls for a new process, with the memory they use: a plain value that
 * can be printed, compared, executed by {@link LinuxKernel} and simulated by {@link
 * SimulatedKernel}.
 *
 * <p>A plan is all policy and no mechanism: every string, number and flag in it was computed and
 * checked before. The process that carries it out knows two operations. A <em>call</em> loads its
 * operands, makes the system call and stores the lower 32 bits of the result at an address; when
 * the call fails with an error that the step does not tolerate, the address of the step and the
 * error number are stored at {@link #FAILURE} and execution goes on at the step's target. A
 * <em>branch</em> goes to its target when {@code (value & mask) == expected}. Everything else, such
 * as retries, loops, "skip what is absent" and "report and exit", is made of those two.
 *
 * <p>Addresses are constants: the data segment begins at {@link #DATA}.
 */
public final class LaunchPlan {
    /** The address of the first step. */
    public static final int STEPS = 0x400200;

    /** The size of one encoded step in bytes. */
    public static final int STEP_SIZE = 64;

    /** The address of the data segment. */
    public static final int DATA = 0x10000000;

    /**
     * The address of the last failure: the address of its step and its error number, 32 bits each.
     */
    public static final int FAILURE = DATA;

    /** The address where results go that nobody reads. */
    public static final int SCRATCH = DATA + 8;

    /** The first address that a plan may use for itself. */
    public static final int FIRST_FREE = DATA + 16;

    private final Architecture architecture;
    private final List<Step> steps;
    private final byte[] data;
    private final int dataSize;
    private final List<Text> texts;
    private final Encoding encoding;

    /**
     * Makes a plan without texts that can be replaced.
     *
     * @param architecture the architecture whose constants the plan uses
     * @param steps what is done, in order
     * @param data the initial contents of the data segment
     * @param dataSize the size of the data segment, at least {@code data.length}; the rest is zero
     * @throws IllegalArgumentException as the other constructor
     */
    public LaunchPlan(Architecture architecture, List<Step> steps, byte[] data, int dataSize) {
        this(architecture, steps, data, dataSize, List.of());
    }

    /**
     * Makes a plan.
     *
     * @param architecture the architecture whose constants the plan uses
     * @param steps what is done, in order
     * @param data the initial contents of the data segment
     * @param dataSize the size of the data segment, at least {@code data.length}; the rest is zero
     * @param texts the texts that can be replaced
     * @throws IllegalArgumentException when a step's target or address lies outside the plan, when
     *     a call has more than six operands, when there is no step, or when execution could go on
     *     behind the last one
     */
    public LaunchPlan(
            Architecture architecture,
            List<Step> steps,
            byte[] data,
            int dataSize,
            List<Text> texts) {
        this(
                architecture,
                List.copyOf(steps),
                data.clone(),
                dataSize,
                List.copyOf(texts),
                new Encoding());
        if (steps.isEmpty()) {
            throw new IllegalArgumentException("a plan without steps");
        }
        if (dataSize < data.length || data.length < FIRST_FREE - DATA) {
            throw new IllegalArgumentException(
                    "a data segment of "
                            + dataSize
                            + " bytes for "
                            + data.length
                            + " bytes of data");
        }
        for (int i = 0; i < steps.size(); i++) {
            check(i, this.steps.get(i));
        }
        for (var text : texts) {
            checkAddress(-1, text.lengthAddress(), text.address() + text.capacity() + 1L);
        }
        if (!steps.getLast().isEnd()) {
            throw new IllegalArgumentException(
                    "step "
                            + (steps.size() - 1)
                            + ": execution goes on behind the last step, "
                            + steps.getLast());
        }
    }

    private LaunchPlan(
            Architecture architecture,
            List<Step> steps,
            byte[] data,
            int dataSize,
            List<Text> texts,
            Encoding encoding) {
        this.architecture = architecture;
        this.steps = steps;
        this.data = data;
        this.dataSize = dataSize;
        this.texts = texts;
        this.encoding = encoding;
    }

    private void check(int index, Step step) {
        if (step.target() < 0 || step.target() >= steps.size()) {
            throw new IllegalArgumentException("step " + index + ": target " + step.target());
        }
        if (step.operands().size() > 6) {
            throw new IllegalArgumentException(
                    "step " + index + ": " + step.operands().size() + " operands");
        }
        for (var operand : step.operands()) {
            if (operand.kind() != Operand.Kind.CONSTANT) {
                // A load reads eight bytes; a pointer may stand at the end of the segment.
                long end = operand.value() + (operand.kind() == Operand.Kind.LOAD ? 8 : 0);
                checkAddress(index, operand.value(), end);
            }
        }
        if (step instanceof Call call) {
            checkAddress(index, call.result(), call.result() + 4L);
        }
    }

    private void checkAddress(int index, long from, long to) {
        if (from < DATA || to > DATA + (long) dataSize) {
            throw new IllegalArgumentException(
                    "step " + index + ": address 0x" + Long.toHexString(from));
        }
    }

    /** One step of a plan. */
    public sealed interface Step {
        /**
         * Returns what the step is for, in words, as in {@code masking /proc/kcore}.
         *
         * @return a text for errors and for printed plans
         */
        String purpose();

        /**
         * Returns the index of the step where execution goes on when the step jumps: on an error
         * that is not tolerated, or when the branch is taken.
         *
         * @return an index into {@link LaunchPlan#steps()}
         */
        int target();

        /**
         * Returns the operands in the order in which they are loaded.
         *
         * @return at most six operands
         */
        List<Operand> operands();

        /**
         * Tells whether execution never goes on at the next step.
         *
         * @return true for a jump without a condition and for a call that ends the process
         */
        boolean isEnd();
    }

    /**
     * A system call.
     *
     * @param purpose what it is for
     * @param syscall which call
     * @param operands its arguments
     * @param tolerated an error that is taken for success, or null
     * @param result the address where the lower 32 bits of the result are stored, also when it is a
     *     negated error number
     * @param target where to go on after another error
     */
    public record Call(
            String purpose,
            Syscall syscall,
            List<Operand> operands,
            @Nullable Errno tolerated,
            int result,
            int target)
            implements Step {
        /** Copies the list. */
        public Call {
            operands = List.copyOf(operands);
        }

        @Override
        public boolean isEnd() {
            return syscall == Syscall.EXIT_GROUP || syscall == Syscall.EXIT;
        }

        /** Returns the call as the manual page writes it. */
        @Override
        public String toString() {
            var text = new StringBuilder(syscall.callName()).append('(');
            for (int i = 0; i < operands.size(); i++) {
                text.append(i == 0 ? "" : ", ").append(operands.get(i).text());
            }
            return text.append(')').toString();
        }
    }

    /**
     * A conditional jump.
     *
     * @param purpose what it decides
     * @param value what is compared
     * @param mask the bits of the value that count
     * @param expected what they must be for the jump
     * @param target where to go then
     */
    public record Branch(String purpose, Operand value, Operand mask, Operand expected, int target)
            implements Step {
        @Override
        public List<Operand> operands() {
            return List.of(value, mask, expected);
        }

        @Override
        public boolean isEnd() {
            return value.equals(mask) && mask.equals(expected);
        }

        /** Returns the condition and where it leads. */
        @Override
        public String toString() {
            if (isEnd()) {
                return "go to " + (target + 1);
            }
            return "if ("
                    + value.text()
                    + " & "
                    + mask.text()
                    + ") == "
                    + expected.text()
                    + " go to "
                    + (target + 1);
        }
    }

    /**
     * An argument of a step.
     *
     * @param kind how the value is meant
     * @param value a number, or an address of the data segment
     * @param text what a printed plan shows
     */
    public record Operand(Kind kind, long value, String text) {
        /** How an operand's value is meant. */
        public enum Kind {
            /** The number itself. */
            CONSTANT,
            /** The address of something in the data segment. */
            POINTER,
            /** The 64-bit number found at the address when the step runs. */
            LOAD
        }
    }

    /**
     * Returns the architecture whose constants the plan uses.
     *
     * @return the architecture
     */
    public Architecture architecture() {
        return architecture;
    }

    /**
     * A text in the data segment that can be replaced, such as the name of one container, so that
     * the same steps serve the next. In front of it is its length, a 64-bit number, and behind it
     * at least one NUL.
     *
     * @param name what the text is
     * @param address where it begins
     * @param capacity how many bytes it may have, in UTF-8
     */
    public record Text(String name, int address, int capacity) {
        /**
         * Returns the address of its length.
         *
         * @return an address of the data segment
         */
        public int lengthAddress() {
            return address - Long.BYTES;
        }
    }

    /**
     * Returns the texts that can be replaced.
     *
     * @return what {@link #withTexts} knows
     */
    public List<Text> texts() {
        return texts;
    }

    /**
     * Returns the same plan with other texts.
     *
     * @param values the new texts by name; all others stay
     * @return a plan that shares the steps of this one
     * @throws IllegalArgumentException when the plan has no text of that name, or it is too long
     */
    public LaunchPlan withTexts(Map<String, String> values) {
        var changed = data.clone();
        var shown = new HashMap<Integer, String>();
        values.forEach(
                (name, value) -> {
                    var text = text(name);
                    var bytes = value.getBytes(StandardCharsets.UTF_8);
                    if (bytes.length > text.capacity() || value.indexOf('\0') >= 0) {
                        throw new IllegalArgumentException(name + ": " + value);
                    }
                    int at = text.address() - DATA;
                    Arrays.fill(changed, at, at + text.capacity(), (byte) 0);
                    System.arraycopy(bytes, 0, changed, at, bytes.length);
                    ByteBuffer.wrap(changed)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .putLong(at - Long.BYTES, bytes.length);
                    shown.put(text.address(), SystemCalls.quote(value));
                    shown.put(text.lengthAddress(), Integer.toString(bytes.length));
                });
        return new LaunchPlan(
                architecture, new ShownSteps(steps, shown), changed, dataSize, texts, encoding);
    }

    /**
     * Tells whether this plan and another differ in their texts alone.
     *
     * @param other another plan
     * @return true when one was made of the other by {@link #withTexts}, or both of a third
     */
    public boolean sharesSteps(LaunchPlan other) {
        return encoding == other.encoding;
    }

    private Text text(String name) {
        for (var text : texts) {
            if (text.name().equals(name)) {
                return text;
            }
        }
        throw new IllegalArgumentException("no text " + name + " in a plan with " + texts);
    }

    /** The steps of a plan whose texts were replaced, as they are printed. */
    private static final class ShownSteps extends AbstractList<Step> {
        private final List<Step> steps;
        private final Map<Integer, String> texts;

        ShownSteps(List<Step> steps, Map<Integer, String> texts) {
            this.steps = steps;
            this.texts = texts;
        }

        @Override
        public Step get(int index) {
            return switch (steps.get(index)) {
                case Call call ->
                        new Call(
                                call.purpose(),
                                call.syscall(),
                                call.operands().stream().map(this::shown).toList(),
                                call.tolerated(),
                                call.result(),
                                call.target());
                case Branch branch -> branch;
            };
        }

        private Operand shown(Operand operand) {
            var text =
                    operand.kind() == Operand.Kind.CONSTANT
                            ? null
                            : texts.get((int) operand.value());
            return text == null ? operand : new Operand(operand.kind(), operand.value(), text);
        }

        @Override
        public int size() {
            return steps.size();
        }
    }

    /** The steps as a program has them: made when first needed, for all plans that share them. */
    private static final class Encoding {
        private volatile byte @Nullable [] bytes;
    }

    /** Returns the encoded steps, which nobody may change. */
    byte[] encoded() {
        var bytes = encoding.bytes;
        if (bytes == null) {
            bytes = PlanImage.steps(steps, architecture);
            encoding.bytes = bytes;
        }
        return bytes;
    }

    /**
     * Returns what is done.
     *
     * @return the steps in order
     */
    public List<Step> steps() {
        return steps;
    }

    /**
     * Returns the initial contents of the data segment.
     *
     * @return a copy
     */
    public byte[] data() {
        return data.clone();
    }

    /**
     * Returns the size of the data segment in bytes; what lies behind {@link #data()} is zero.
     *
     * @return the size
     */
    public int dataSize() {
        return dataSize;
    }

    /**
     * Returns the address of a step in the running process.
     *
     * @param index an index into {@link #steps()}
     * @return the address
     */
    public static int addressOf(int index) {
        return STEPS + STEP_SIZE * index;
    }

    /**
     * Returns the step at an address, as a failure names it.
     *
     * @param address an address
     * @return the index of the step
     * @throws IllegalArgumentException when no step is there
     */
    public int indexOf(int address) {
        int offset = address - STEPS;
        if (offset < 0 || offset % STEP_SIZE != 0 || offset / STEP_SIZE >= steps.size()) {
            throw new IllegalArgumentException("no step at 0x" + Integer.toHexString(address));
        }
        return offset / STEP_SIZE;
    }

    /**
     * Returns the same plan with another step in one place, for example to let it fail there.
     *
     * @param index which step
     * @param step what stands there instead
     * @return a new plan
     */
    public LaunchPlan withStep(int index, Step step) {
        var copy = new ArrayList<>(steps);
        copy.set(index, step);
        return new LaunchPlan(architecture, copy, data, dataSize, texts);
    }

    /** Returns the plan as text: one line a step, numbered from one, the purpose first. */
    @Override
    public String toString() {
        int width = 0;
        for (var step : steps) {
            width = Math.max(width, step.purpose().length());
        }
        var text = new StringBuilder();
        int digits = Integer.toString(steps.size()).length();
        for (int i = 0; i < steps.size(); i++) {
            var step = steps.get(i);
            text.append(
                    ("%" + digits + "d %-" + width + "s   %s%n")
                            .formatted(i + 1, step.purpose(), step));
        }
        return text.toString();
    }
}
