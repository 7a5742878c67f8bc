package io.pelagos.core.internal.elf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.pelagos.core.internal.elf.X86Assembler.Register;
import org.junit.jupiter.api.Test;

class MachineCodeTest {
    @Test
    void shortJumpsReachBothWays() {
        var asm = new X86Assembler();
        var back = new MachineCode.Label("back");
        var forth = new MachineCode.Label("forth");
        asm.place(back);
        asm.jmp(forth);
        asm.jmp(back);
        asm.place(forth);
        assertThat(asm.bytes()).containsExactly(0xEB, 0x02, 0xEB, 0xFC);
    }

    @Test
    void labelThatWasNeverPlacedIsNamed() {
        var asm = new AArch64Assembler();
        asm.b(new MachineCode.Label("nowhere"));
        assertThatIllegalStateException().isThrownBy(asm::bytes).withMessageContaining("nowhere");
    }

    @Test
    void shortJumpTooFarIsRefused() {
        var asm = new X86Assembler();
        var far = new MachineCode.Label("far");
        asm.jmp(far);
        for (int i = 0; i < 64; i++) {
            asm.syscall();
        }
        asm.place(far);
        assertThatIllegalStateException().isThrownBy(asm::bytes).withMessageContaining("128");
    }

    @Test
    void baseRegistersThatNeedAnotherEncodingAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new X86Assembler().load64(Register.RAX, Register.RSP, 8));
    }

    @Test
    void upperRegistersGetTheirPrefix() {
        var asm = new X86Assembler();
        asm.load64(Register.R10, Register.RBX, 32);
        asm.load64(Register.R9, Register.R9, 0);
        assertThat(asm.bytes()).containsExactly(0x4C, 0x8B, 0x53, 0x20, 0x4D, 0x8B, 0x09);
    }
}
