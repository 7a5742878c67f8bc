package io.pelagos.core.internal.elf;

/**
 * The machine code that carries out the steps of a plan, one after another, for ever: it has no
 * stack, no heap, no library and no way to end, since ending is a system call of the plan.
 *
 * <p>For each step it loads the six arguments, through memory where the step says so. Then either
 * it makes the system call, stores the lower 32 bits of the result, and goes on with the next step;
 * or, after an error that the step does not tolerate, it stores the address of the step and the
 * error number as the failure and goes on at the step's target. Or the step is a branch, and it
 * compares. The layout of a step is that of {@link Step}.
 */
final class Interpreter {
    private static final byte[] X86_64 = X86Interpreter.assemble(StaticElf.STEPS, StaticElf.DATA);
    private static final byte[] AARCH64 =
            AArch64Interpreter.assemble(StaticElf.STEPS, StaticElf.DATA);

    private static final byte[] X86_64_LOADER =
            X86Interpreter.assemble(StaticElf.LOADER_STEPS, StaticElf.DATA);
    private static final byte[] AARCH64_LOADER =
            AArch64Interpreter.assemble(StaticElf.LOADER_STEPS, StaticElf.DATA);

    private Interpreter() {}

    /**
     * Returns the code for a machine, entered at its first byte.
     *
     * @param machine {@link StaticElf#EM_X86_64} or {@link StaticElf#EM_AARCH64}
     * @return the shared array, which nobody may change
     */
    static byte[] code(int machine) {
        return switch (machine) {
            case StaticElf.EM_X86_64 -> X86_64;
            case StaticElf.EM_AARCH64 -> AARCH64;
            default -> throw new IllegalArgumentException("no interpreter for machine " + machine);
        };
    }

    /**
     * Returns the code that begins with the steps of a loader.
     *
     * @param machine {@link StaticElf#EM_X86_64} or {@link StaticElf#EM_AARCH64}
     * @return the shared array, which nobody may change
     */
    static byte[] loader(int machine) {
        return switch (machine) {
            case StaticElf.EM_X86_64 -> X86_64_LOADER;
            case StaticElf.EM_AARCH64 -> AARCH64_LOADER;
            default -> throw new IllegalArgumentException("no interpreter for machine " + machine);
        };
    }
}
