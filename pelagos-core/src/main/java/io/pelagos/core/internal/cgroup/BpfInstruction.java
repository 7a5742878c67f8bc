package io.pelagos.core.internal.cgroup;

/**
 * One instruction of eBPF, {@code struct bpf_insn} of {@code linux/bpf.h}.
 *
 * @param code the operation
 * @param destination the register that is changed or compared
 * @param source the register that is read
 * @param offset how many instructions a jump skips, or where memory is read
 * @param immediate a constant
 */
record BpfInstruction(Code code, int destination, int source, int offset, int immediate) {
    /** The size of an instruction in bytes. */
    static final int SIZE = 8;

    /** The operations that device programs are made of. */
    enum Code {
        /** Load 32 bits from memory: {@code BPF_LDX | BPF_MEM | BPF_W}. */
        LOAD_WORD(0x61),
        /** Copy a register: {@code BPF_ALU64 | BPF_MOV | BPF_X}. */
        MOVE(0xbf),
        /** Set to a constant: {@code BPF_ALU64 | BPF_MOV | BPF_K}. */
        SET(0xb7),
        /** And with a constant: {@code BPF_ALU64 | BPF_AND | BPF_K}. */
        AND(0x57),
        /** Shift right: {@code BPF_ALU64 | BPF_RSH | BPF_K}. */
        SHIFT_RIGHT(0x77),
        /** Jump if equal to a constant: {@code BPF_JMP | BPF_JEQ | BPF_K}. */
        JUMP_EQUAL(0x15),
        /** Jump if not equal to a constant: {@code BPF_JMP | BPF_JNE | BPF_K}. */
        JUMP_NOT_EQUAL(0x55),
        /** Jump if a bit of a constant is set: {@code BPF_JMP | BPF_JSET | BPF_K}. */
        JUMP_ANY_BIT(0x45),
        /** Return r0: {@code BPF_JMP | BPF_EXIT}. */
        EXIT(0x95);

        private final int number;

        Code(int number) {
            this.number = number;
        }
    }

    /** Returns an instruction with a register and a constant. */
    static BpfInstruction of(Code code, int register, int immediate) {
        return new BpfInstruction(code, register, 0, 0, immediate);
    }

    /** Returns a jump. */
    static BpfInstruction jump(Code code, int register, int immediate, int offset) {
        if (offset < 0 || offset > Short.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "device rules: too many for one program (a jump over " + offset + ")");
        }
        return new BpfInstruction(code, register, 0, offset, immediate);
    }

    /** Returns the eight bytes as a little-endian number. */
    long encode() {
        return code.number
                | (long) (destination | source << 4) << 8
                | (offset & 0xffffL) << 16
                | (immediate & 0xffffffffL) << 32;
    }
}
