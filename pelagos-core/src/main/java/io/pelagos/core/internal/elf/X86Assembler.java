package io.pelagos.core.internal.elf;

/**
 * The x86-64 instructions that the interpreter needs, named as the assembler names them; sizes of
 * operands in bits are a part of the name.
 *
 * <p>Encodings are those of the Intel 64 Software Developer's Manual, volume 2.
 */
final class X86Assembler {
    private static final int SHORT_JZ = 0x74;
    private static final int SHORT_JNZ = 0x75;
    private static final int SHORT_JAE = 0x73;
    private static final int SHORT_JS = 0x78;
    private static final int SHORT_JMP = 0xEB;

    private static final int SIB_FOLLOWS = 4;
    private static final int RELATIVE_TO_RIP = 5;

    private final MachineCode code = new MachineCode();

    /** The general registers, except those that only a frame would need, with their numbers. */
    enum Register {
        RAX(0),
        RCX(1),
        RDX(2),
        RBX(3),
        RSP(4),
        RSI(6),
        RDI(7),
        R8(8),
        R9(9),
        R10(10);

        private final int number;

        Register(int number) {
            this.number = number;
        }

        private int low() {
            return number & 7;
        }

        private int high() {
            return number >> 3;
        }
    }

    byte[] bytes() {
        return code.bytes();
    }

    void place(MachineCode.Label label) {
        code.place(label);
    }

    /** {@code mov r32, imm32}, which also clears the upper half. */
    void mov32(Register to, int value) {
        bytes(0xB8 | to.low());
        code.put32(value);
    }

    /** {@code mov r64, [base+offset]}. */
    void load64(Register to, Register base, int offset) {
        bytes(0x48 | to.high() << 2 | base.high(), 0x8B);
        memory(to.low(), base, offset);
    }

    /** {@code mov r32, [base+offset]}, which also clears the upper half. */
    void load32(Register to, Register base, int offset) {
        bytes(0x8B);
        memory(to.low(), base, offset);
    }

    /** {@code mov [base], r32}. */
    void store32(Register base, Register from) {
        bytes(0x89);
        memory(from.low(), base, 0);
    }

    /** {@code mov [address], r32}. */
    void store32(int address, Register from) {
        bytes(0x89, 0x04 | from.low() << 3, 0x25);
        code.put32(address);
    }

    /** {@code test byte [base+offset], bits}. */
    void test8(Register base, int offset, int bits) {
        bytes(0xF6);
        memory(0, base, offset);
        bytes(bits);
    }

    /** {@code test r32, r32}. */
    void test32(Register a, Register b) {
        bytes(0x85, registers(a, b));
    }

    /** {@code cmp rax, imm32}, the number sign-extended. */
    void cmp64Rax(int value) {
        bytes(0x48, 0x3D);
        code.put32(value);
    }

    /** {@code cmp r64, r64}. */
    void cmp64(Register a, Register b) {
        bytes(0x48, 0x39, registers(a, b));
    }

    /** {@code cmp r16, [base+offset]}. */
    void cmp16(Register a, Register base, int offset) {
        bytes(0x66, 0x3B);
        memory(a.low(), base, offset);
    }

    /** {@code and r64, r64}. */
    void and64(Register to, Register with) {
        bytes(0x48, 0x21, registers(to, with));
    }

    /** {@code add r64, imm8}. */
    void add64(Register to, int value) {
        bytes(0x48, 0x83, 0xC0 | to.low(), value);
    }

    /** {@code neg r32}. */
    void neg32(Register register) {
        bytes(0xF7, 0xD8 | register.low());
    }

    /** {@code syscall}: number in rax, arguments in rdi, rsi, rdx, r10, r8, r9. */
    void syscall() {
        bytes(0x0F, 0x05);
    }

    /** {@code jz label}, also called je. */
    void jz(MachineCode.Label label) {
        jump(SHORT_JZ, label);
    }

    /** {@code jnz label}, also called jne. */
    void jnz(MachineCode.Label label) {
        jump(SHORT_JNZ, label);
    }

    /** {@code jae label}: above or equal, unsigned. */
    void jae(MachineCode.Label label) {
        jump(SHORT_JAE, label);
    }

    /** {@code js label}: negative. */
    void js(MachineCode.Label label) {
        jump(SHORT_JS, label);
    }

    /** {@code jmp label}. */
    void jmp(MachineCode.Label label) {
        jump(SHORT_JMP, label);
    }

    private void jump(int opcode, MachineCode.Label label) {
        bytes(opcode, 0);
        code.jumpFromHere(
                label,
                (out, at, distance) -> {
                    if (distance != (byte) distance) {
                        throw new IllegalStateException("a short jump over " + distance);
                    }
                    out.put(at - 1, (byte) distance);
                });
    }

    /** A ModRM byte for an operand in memory, with an offset of eight bits unless it is zero. */
    private void memory(int register, Register base, int offset) {
        if (base.low() == SIB_FOLLOWS || base.low() == RELATIVE_TO_RIP) {
            throw new IllegalArgumentException("a base that needs another encoding: " + base);
        }
        if (offset == 0) {
            bytes(register << 3 | base.low());
        } else {
            bytes(0x40 | register << 3 | base.low(), offset);
        }
    }

    private static int registers(Register a, Register b) {
        return 0xC0 | b.low() << 3 | a.low();
    }

    private void bytes(int... values) {
        for (int value : values) {
            code.put8(value);
        }
    }
}
