package io.pelagos.core.internal.elf;

/** The interpreter for aarch64. Register x19 holds the address of the current step. */
final class AArch64Interpreter {
    private static final int NUMBER = 8;
    private static final int MASK = 9;
    private static final int SCRATCH = 10;
    private static final int STEP = 19;

    private AArch64Interpreter() {}

    static byte[] assemble(int firstStep, int failure) {
        var asm = new AArch64Assembler();
        var step = new MachineCode.Label("step");
        var next = new MachineCode.Label("next");
        var branch = new MachineCode.Label("branch");
        var jump = new MachineCode.Label("jump");
        var error = new MachineCode.Label("error");

        asm.movW(STEP, firstStep);

        asm.place(step);
        asm.ldrhW(MASK, STEP, Step.INDIRECT);
        for (int i = 0; i < Step.MAX_ARGUMENTS; i++) {
            operand(asm, i);
        }
        asm.ldrW(NUMBER, STEP, Step.NUMBER);
        asm.tbnz(NUMBER, 31, branch);
        asm.svc();
        asm.ldrW(SCRATCH, STEP, Step.RESULT);
        asm.strW(0, SCRATCH);
        asm.cmnX(0, -Step.LOWEST_ERROR);
        asm.bhs(error);

        asm.place(next);
        asm.addX(STEP, STEP, Step.SIZE);
        asm.b(step);

        asm.place(branch);
        asm.andX(0, 0, 1);
        asm.cmpX(0, 2);
        asm.bne(next);

        asm.place(jump);
        asm.ldrW(STEP, STEP, Step.TARGET);
        asm.b(step);

        asm.place(error);
        asm.negW(0, 0);
        asm.ldrhW(SCRATCH, STEP, Step.TOLERATED);
        asm.cmpW(0, SCRATCH);
        asm.beq(next);
        asm.movW(SCRATCH, failure);
        asm.stpW(STEP, 0, SCRATCH);
        asm.b(jump);
        return asm.bytes();
    }

    /** Loads an operand, and once more from where it points when its bit of the mask is set. */
    private static void operand(AArch64Assembler asm, int index) {
        var direct = new MachineCode.Label("direct");
        asm.ldrX(index, STEP, Step.ARGUMENTS + 8 * index);
        asm.tbz(MASK, index, direct);
        asm.ldrX(index, index, 0);
        asm.place(direct);
    }
}
