package io.pelagos.core.internal.elf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Machine code under construction, little endian, with jumps to labels that may be placed later.
 */
final class MachineCode {
    private final ByteBuffer out = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);
    private final List<Jump> jumps = new ArrayList<>();

    /** A place in the code, known once it was {@linkplain #place placed}. */
    static final class Label {
        private final String name;
        private int position = -1;

        Label(String name) {
            this.name = name;
        }
    }

    /** Writes the distance to a target into an instruction that is already there. */
    interface Encoding {
        /**
         * Changes the instruction.
         *
         * @param out the code
         * @param at where the position lies that the instruction measures from
         * @param distance how many bytes the target lies behind that position
         */
        void patch(ByteBuffer out, int at, int distance);
    }

    private record Jump(int at, Label target, Encoding encoding) {}

    void put8(int value) {
        out.put((byte) value);
    }

    void put32(int value) {
        out.putInt(value);
    }

    /** Places a label here. */
    void place(Label label) {
        label.position = out.position();
    }

    /** Has an instruction changed, at the end, to reach a label from here. */
    void jumpFromHere(Label target, Encoding encoding) {
        jumps.add(new Jump(out.position(), target, encoding));
    }

    byte[] bytes() {
        for (var jump : jumps) {
            if (jump.target.position < 0) {
                throw new IllegalStateException("label " + jump.target.name + " was not placed");
            }
            jump.encoding.patch(out, jump.at, jump.target.position - jump.at);
        }
        return Arrays.copyOf(out.array(), out.position());
    }
}
