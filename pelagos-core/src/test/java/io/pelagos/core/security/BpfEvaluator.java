package io.pelagos.core.security;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Runs a filter as the kernel does, from its bytes, and checks what the kernel checks when a filter
 * is installed: known instructions, aligned loads, jumps inside the program, a return at the end.
 */
final class BpfEvaluator {
    private final ByteBuffer code;
    private final int length;
    private int executed;

    BpfEvaluator(SeccompProgram program) {
        code = ByteBuffer.wrap(program.toBytes()).order(ByteOrder.LITTLE_ENDIAN);
        length = code.capacity() / 8;
        for (int at = 0; at < length; at++) {
            verify(at);
        }
        if (operation(length - 1) != 0x06) {
            throw new AssertionError("the program does not end with a return");
        }
    }

    /** Returns what the filter returns, unsigned as the kernel's. */
    int run(SeccompCall call) {
        int accumulator = 0;
        executed = 0;
        for (int at = 0; ; at++) {
            executed++;
            int k = code.getInt(at * 8 + 4);
            switch (operation(at)) {
                case 0x20 -> accumulator = call.word(k);
                case 0x54 -> accumulator &= k;
                case 0x05 -> at += k;
                case 0x15 -> at += skip(at, accumulator == k);
                case 0x25 -> at += skip(at, Integer.compareUnsigned(accumulator, k) > 0);
                case 0x35 -> at += skip(at, Integer.compareUnsigned(accumulator, k) >= 0);
                case 0x06 -> {
                    return k;
                }
                default -> throw new AssertionError("unknown operation " + operation(at));
            }
        }
    }

    /** Returns how many instructions the last run took. */
    int executed() {
        return executed;
    }

    private void verify(int at) {
        int k = code.getInt(at * 8 + 4);
        switch (operation(at)) {
            case 0x20 -> require(at, k >= 0 && k < 64 && k % 4 == 0);
            case 0x05 -> require(at, k >= 0 && at + 1 + k < length);
            case 0x15, 0x25, 0x35 ->
                    require(
                            at,
                            at + 1 + skip(at, true) < length && at + 1 + skip(at, false) < length);
            case 0x54, 0x06 -> {}
            default -> require(at, false);
        }
    }

    private void require(int at, boolean valid) {
        if (!valid) {
            throw new AssertionError("the kernel would refuse instruction " + at);
        }
    }

    private int operation(int at) {
        return code.getShort(at * 8) & 0xffff;
    }

    private int skip(int at, boolean condition) {
        return code.get(at * 8 + (condition ? 2 : 3)) & 0xff;
    }
}
