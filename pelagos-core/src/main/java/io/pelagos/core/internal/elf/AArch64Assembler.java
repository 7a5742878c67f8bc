package io.pelagos.core.internal.elf;

/**
 * The AArch64 instructions that the interpreter needs, named as the assembler names them. A
 * register is its number; {@code X} works on its 64 bits, {@code W} on its lower 32.
 *
 * <p>Encodings are those of the Arm Architecture Reference Manual, chapter C6.
 */
final class AArch64Assembler {
    private static final int CONDITION_EQ = 0;
    private static final int CONDITION_NE = 1;
    private static final int CONDITION_HS = 2;
    private static final int ZERO_REGISTER = 31;

    private final MachineCode code = new MachineCode();

    byte[] bytes() {
        return code.bytes();
    }

    void place(MachineCode.Label label) {
        code.place(label);
    }

    /** {@code movz wd, #low; movk wd, #high, lsl #16}. */
    void movW(int to, int value) {
        code.put32(0x52800000 | (value & 0xFFFF) << 5 | to);
        code.put32(0x72A00000 | (value >>> 16) << 5 | to);
    }

    /** {@code ldr xt, [xn, #offset]}. */
    void ldrX(int to, int base, int offset) {
        code.put32(0xF9400000 | (offset / 8) << 10 | base << 5 | to);
    }

    /** {@code ldr wt, [xn, #offset]}, which also clears the upper half. */
    void ldrW(int to, int base, int offset) {
        code.put32(0xB9400000 | (offset / 4) << 10 | base << 5 | to);
    }

    /** {@code ldrh wt, [xn, #offset]}. */
    void ldrhW(int to, int base, int offset) {
        code.put32(0x79400000 | (offset / 2) << 10 | base << 5 | to);
    }

    /** {@code str wt, [xn]}. */
    void strW(int from, int base) {
        code.put32(0xB9000000 | base << 5 | from);
    }

    /** {@code stp wt, wu, [xn]}. */
    void stpW(int first, int second, int base) {
        code.put32(0x29000000 | second << 10 | base << 5 | first);
    }

    /** {@code add xd, xn, #value}. */
    void addX(int to, int from, int value) {
        code.put32(0x91000000 | value << 10 | from << 5 | to);
    }

    /** {@code and xd, xn, xm}. */
    void andX(int to, int a, int b) {
        code.put32(0x8A000000 | b << 16 | a << 5 | to);
    }

    /** {@code neg wd, wm}. */
    void negW(int to, int from) {
        code.put32(0x4B000000 | from << 16 | ZERO_REGISTER << 5 | to);
    }

    /** {@code cmp xn, xm}. */
    void cmpX(int a, int b) {
        code.put32(0xEB000000 | b << 16 | a << 5 | ZERO_REGISTER);
    }

    /** {@code cmp wn, wm}. */
    void cmpW(int a, int b) {
        code.put32(0x6B000000 | b << 16 | a << 5 | ZERO_REGISTER);
    }

    /** {@code cmn xn, #value}: compares with the negated value. */
    void cmnX(int a, int value) {
        code.put32(0xB1000000 | value << 10 | a << 5 | ZERO_REGISTER);
    }

    /** {@code svc #0}: number in x8, arguments in x0 to x5. */
    void svc() {
        code.put32(0xD4000001);
    }

    /** {@code tbz wt, #bit, label}: when the bit is clear. */
    void tbz(int register, int bit, MachineCode.Label label) {
        jump(0x36000000 | bit << 19 | register, 5, 14, label);
    }

    /** {@code tbnz wt, #bit, label}: when the bit is set. */
    void tbnz(int register, int bit, MachineCode.Label label) {
        jump(0x37000000 | bit << 19 | register, 5, 14, label);
    }

    /** {@code b.eq label}. */
    void beq(MachineCode.Label label) {
        jump(0x54000000 | CONDITION_EQ, 5, 19, label);
    }

    /** {@code b.ne label}. */
    void bne(MachineCode.Label label) {
        jump(0x54000000 | CONDITION_NE, 5, 19, label);
    }

    /** {@code b.hs label}: higher or same, unsigned. */
    void bhs(MachineCode.Label label) {
        jump(0x54000000 | CONDITION_HS, 5, 19, label);
    }

    /** {@code b label}. */
    void b(MachineCode.Label label) {
        jump(0x14000000, 0, 26, label);
    }

    /** A jump with a distance in words, in a field of some bits. */
    private void jump(int instruction, int shift, int bits, MachineCode.Label label) {
        code.jumpFromHere(
                label,
                (out, at, distance) ->
                        out.putInt(
                                at, instruction | ((distance / 4) & ((1 << bits) - 1)) << shift));
        code.put32(instruction);
    }
}
