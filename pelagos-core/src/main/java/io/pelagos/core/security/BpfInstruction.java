package io.pelagos.core.security;

/**
 * An instruction of classic BPF: {@code struct sock_filter} of {@code linux/filter.h}, see
 * seccomp(2). Of the language only what a seccomp filter of this package uses is given a name.
 *
 * @param code the operation
 * @param jt how many instructions to skip when a comparison holds, 0 to 255
 * @param jf how many instructions to skip when it does not, 0 to 255
 * @param k the operand
 */
public record BpfInstruction(int code, int jt, int jf, int k) {
    /** {@code BPF_LD | BPF_W | BPF_ABS}: load the word of {@code struct seccomp_data} at k. */
    static final int LOAD = 0x20;

    /** {@code BPF_ALU | BPF_AND | BPF_K}: keep the bits of k. */
    static final int AND = 0x54;

    /** {@code BPF_JMP | BPF_JA}: skip k instructions. */
    static final int JUMP = 0x05;

    /** {@code BPF_JMP | BPF_JEQ | BPF_K}: equal to k. */
    static final int JEQ = 0x15;

    /** {@code BPF_JMP | BPF_JGT | BPF_K}: greater than k, unsigned. */
    static final int JGT = 0x25;

    /** {@code BPF_JMP | BPF_JGE | BPF_K}: greater than or equal to k, unsigned. */
    static final int JGE = 0x35;

    /** {@code BPF_RET | BPF_K}: end with k. */
    static final int RETURN = 0x06;

    /**
     * Checks that the fields fit.
     *
     * @param code the operation
     * @param jt skip when true
     * @param jf skip when false
     * @param k the operand
     */
    public BpfInstruction {
        if (code < 0 || code > 0xffff || jt < 0 || jt > 255 || jf < 0 || jf > 255) {
            throw new IllegalArgumentException(
                    "BPF instruction: does not fit: code " + code + ", jt " + jt + ", jf " + jf);
        }
    }

    /** Returns for example {@code jge 0x29, 0, 12}. */
    @Override
    public String toString() {
        return switch (code) {
            case LOAD -> "ld [" + k + "]";
            case AND -> "and " + hex();
            case JUMP -> "ja " + k;
            case JEQ -> "jeq " + hex() + ", " + jt + ", " + jf;
            case JGT -> "jgt " + hex() + ", " + jt + ", " + jf;
            case JGE -> "jge " + hex() + ", " + jt + ", " + jf;
            case RETURN -> "ret " + hex();
            default -> "code " + code + " " + hex() + ", " + jt + ", " + jf;
        };
    }

    private String hex() {
        return "0x" + Integer.toHexString(k);
    }
}
