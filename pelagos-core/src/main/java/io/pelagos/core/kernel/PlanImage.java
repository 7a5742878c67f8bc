package io.pelagos.core.kernel;

import io.pelagos.core.internal.elf.StaticElf;
import io.pelagos.core.internal.elf.Step;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * A launch plan as a program: a static ELF executable, see elf(5), that carries out the plan and
 * nothing else. It can be run from a sealed memfd, as {@link LinuxKernel} does, or from a file.
 */
public final class PlanImage {
    private PlanImage() {}

    /**
     * Makes the program of a plan.
     *
     * @param plan what the program does
     * @return the bytes of the executable, for the plan's architecture
     * @throws IllegalArgumentException when the plan has more steps or data than fit between the
     *     fixed addresses
     */
    public static byte[] of(LaunchPlan plan) {
        return StaticElf.image(
                plan.architecture().elfMachine(), plan.encoded(), plan.data(), plan.dataSize());
    }

    static byte[] steps(List<LaunchPlan.Step> steps, Architecture architecture) {
        var out =
                ByteBuffer.allocate(Math.multiplyExact(Step.SIZE, steps.size()))
                        .order(ByteOrder.LITTLE_ENDIAN);
        for (var step : steps) {
            encode(step, architecture, out);
        }
        return out.array();
    }

    private static void encode(LaunchPlan.Step step, Architecture architecture, ByteBuffer out) {
        int number = Step.BRANCH;
        int tolerated = 0;
        int result = LaunchPlan.SCRATCH;
        if (step instanceof LaunchPlan.Call call) {
            number = call.syscall().number(architecture);
            tolerated = call.tolerated() == null ? 0 : call.tolerated().number();
            result = call.result();
        }
        var operands = step.operands();
        int indirect = 0;
        for (int i = 0; i < operands.size(); i++) {
            if (operands.get(i).kind() == LaunchPlan.Operand.Kind.LOAD) {
                indirect |= 1 << i;
            }
        }
        out.putInt(number).putShort((short) indirect).putShort((short) tolerated);
        for (int i = 0; i < Step.MAX_ARGUMENTS; i++) {
            out.putLong(i < operands.size() ? operands.get(i).value() : 0);
        }
        out.putInt(result).putInt(LaunchPlan.addressOf(step.target()));
    }
}
