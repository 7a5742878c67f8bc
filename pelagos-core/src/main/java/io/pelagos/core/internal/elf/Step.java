package io.pelagos.core.internal.elf;

/**
 * The layout of an encoded step, in bytes, little endian.
 *
 * <table>
 *   <caption>A step</caption>
 *   <tr><th>offset<th>size<th>what
 *   <tr><td>0<td>4<td>number of the system call, or -1 for a branch
 *   <tr><td>4<td>2<td>bit n is set when argument n is the address of the value
 *   <tr><td>6<td>2<td>the error number that counts as success, or 0
 *   <tr><td>8<td>48<td>six arguments of eight bytes
 *   <tr><td>56<td>4<td>the address where the lower 32 bits of the result are stored
 *   <tr><td>60<td>4<td>the address of the step that follows an error or a taken branch
 * </table>
 */
public final class Step {
    /** The size of a step. */
    public static final int SIZE = 64;

    /** The number that makes a step a branch: to the target when {@code (a0 & a1) == a2}. */
    public static final int BRANCH = -1;

    /** How many arguments a step has room for. */
    public static final int MAX_ARGUMENTS = 6;

    /** The lowest value that a failed system call returns, see syscall(2). */
    static final int LOWEST_ERROR = -4095;

    static final int NUMBER = 0;
    static final int INDIRECT = 4;
    static final int TOLERATED = 6;
    static final int ARGUMENTS = 8;
    static final int RESULT = 56;
    static final int TARGET = 60;

    private Step() {}
}
