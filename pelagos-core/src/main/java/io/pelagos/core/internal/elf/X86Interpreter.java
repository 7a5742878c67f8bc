package io.pelagos.core.internal.elf;

import static io.pelagos.core.internal.elf.X86Assembler.Register.R10;
import static io.pelagos.core.internal.elf.X86Assembler.Register.R8;
import static io.pelagos.core.internal.elf.X86Assembler.Register.R9;
import static io.pelagos.core.internal.elf.X86Assembler.Register.RAX;
import static io.pelagos.core.internal.elf.X86Assembler.Register.RBX;
import static io.pelagos.core.internal.elf.X86Assembler.Register.RCX;
import static io.pelagos.core.internal.elf.X86Assembler.Register.RDI;
import static io.pelagos.core.internal.elf.X86Assembler.Register.RDX;
import static io.pelagos.core.internal.elf.X86Assembler.Register.RSI;

import java.util.List;

/** The interpreter for x86_64. Register rbx holds the address of the current step. */
final class X86Interpreter {
    private static final List<X86Assembler.Register> ARGUMENTS =
            List.of(RDI, RSI, RDX, R10, R8, R9);

    private X86Interpreter() {}

    static byte[] assemble(int firstStep, int failure) {
        var asm = new X86Assembler();
        var step = new MachineCode.Label("step");
        var next = new MachineCode.Label("next");
        var branch = new MachineCode.Label("branch");
        var jump = new MachineCode.Label("jump");
        var error = new MachineCode.Label("error");

        asm.mov32(RBX, firstStep);

        asm.place(step);
        for (int i = 0; i < ARGUMENTS.size(); i++) {
            operand(asm, i);
        }
        asm.load32(RAX, RBX, Step.NUMBER);
        asm.test32(RAX, RAX);
        asm.js(branch);
        asm.syscall();
        asm.load32(RCX, RBX, Step.RESULT);
        asm.store32(RCX, RAX);
        asm.cmp64Rax(Step.LOWEST_ERROR);
        asm.jae(error);

        asm.place(next);
        asm.add64(RBX, Step.SIZE);
        asm.jmp(step);

        asm.place(branch);
        asm.and64(RDI, RSI);
        asm.cmp64(RDI, RDX);
        asm.jnz(next);

        asm.place(jump);
        asm.load32(RBX, RBX, Step.TARGET);
        asm.jmp(step);

        asm.place(error);
        asm.neg32(RAX);
        asm.cmp16(RAX, RBX, Step.TOLERATED);
        asm.jz(next);
        asm.store32(failure, RBX);
        asm.store32(failure + 4, RAX);
        asm.jmp(jump);
        return asm.bytes();
    }

    /** Loads an operand, and once more from where it points when its bit of the mask is set. */
    private static void operand(X86Assembler asm, int index) {
        var register = ARGUMENTS.get(index);
        var direct = new MachineCode.Label("direct");
        asm.load64(register, RBX, Step.ARGUMENTS + 8 * index);
        asm.test8(RBX, Step.INDIRECT, 1 << index);
        asm.jz(direct);
        asm.load64(register, register, 0);
        asm.place(direct);
    }
}
