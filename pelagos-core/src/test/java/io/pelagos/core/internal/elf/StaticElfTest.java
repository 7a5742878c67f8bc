package io.pelagos.core.internal.elf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StaticElfTest {
    private static final int FIRST_PROGRAM_HEADER = 64;
    private static final int SECOND_PROGRAM_HEADER = 120;
    private static final int THIRD_PROGRAM_HEADER = 176;

    private static ByteBuffer image(int machine) {
        var steps = new byte[130 * Step.SIZE];
        steps[0] = 17;
        var data = new byte[24];
        data[16] = 99;
        return ByteBuffer.wrap(StaticElf.image(machine, steps, data, 5000))
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    @Test
    void interpretersAreSmall() {
        assertThat(Interpreter.code(StaticElf.EM_X86_64)).hasSize(147);
        assertThat(Interpreter.code(StaticElf.EM_AARCH64)).hasSize(172);
    }

    @ParameterizedTest
    @ValueSource(ints = {StaticElf.EM_X86_64, StaticElf.EM_AARCH64})
    void headerDescribesAStaticExecutable(int machine) {
        var image = image(machine);
        assertThat(image.getInt(0)).as("magic").isEqualTo(0x464C457F);
        assertThat(image.get(4)).as("64 bits").isEqualTo((byte) 2);
        assertThat(image.get(5)).as("little endian").isEqualTo((byte) 1);
        assertThat(image.getShort(16)).as("e_type is ET_EXEC").isEqualTo((short) 2);
        assertThat(image.getShort(18)).as("e_machine").isEqualTo((short) machine);
        assertThat(image.getLong(32)).as("e_phoff").isEqualTo(64);
        assertThat(image.getShort(54)).as("e_phentsize").isEqualTo((short) 56);
        assertThat(image.getShort(56)).as("e_phnum").isEqualTo((short) 3);
        assertThat(image.getShort(60)).as("e_shnum").isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {StaticElf.EM_X86_64, StaticElf.EM_AARCH64})
    void executionBeginsAtTheInterpreter(int machine) {
        var image = image(machine);
        int entry = (int) (image.getLong(24) - StaticElf.CODE);
        var interpreter = Interpreter.code(machine);
        var found = new byte[interpreter.length];
        image.get(entry, found);
        assertThat(found).isEqualTo(interpreter);
        assertThat(entry + found.length).isLessThanOrEqualTo(StaticElf.STEPS - StaticElf.CODE);
    }

    @ParameterizedTest
    @ValueSource(ints = {StaticElf.EM_X86_64, StaticElf.EM_AARCH64})
    void stepsAreReadableAndExecutableOnly(int machine) {
        var image = image(machine);
        int size = 0x200 + 130 * Step.SIZE;
        assertThat(image.getInt(FIRST_PROGRAM_HEADER)).as("PT_LOAD").isEqualTo(1);
        assertThat(image.getInt(FIRST_PROGRAM_HEADER + 4)).as("PF_R | PF_X").isEqualTo(5);
        assertThat(image.getLong(FIRST_PROGRAM_HEADER + 8)).as("p_offset").isZero();
        assertThat(image.getLong(FIRST_PROGRAM_HEADER + 16)).as("p_vaddr").isEqualTo(0x400000);
        assertThat(image.getLong(FIRST_PROGRAM_HEADER + 32)).as("p_filesz").isEqualTo(size);
        assertThat(image.getLong(FIRST_PROGRAM_HEADER + 40)).as("p_memsz").isEqualTo(size);
        assertThat(image.get(0x200)).as("first step").isEqualTo((byte) 17);
    }

    @ParameterizedTest
    @ValueSource(ints = {StaticElf.EM_X86_64, StaticElf.EM_AARCH64})
    void dataIsReadableAndWritableAndMayBeLargerThanTheFile(int machine) {
        var image = image(machine);
        int offset = (int) image.getLong(SECOND_PROGRAM_HEADER + 8);
        assertThat(image.getInt(SECOND_PROGRAM_HEADER)).as("PT_LOAD").isEqualTo(1);
        assertThat(image.getInt(SECOND_PROGRAM_HEADER + 4)).as("PF_R | PF_W").isEqualTo(6);
        assertThat(image.getLong(SECOND_PROGRAM_HEADER + 16)).as("p_vaddr").isEqualTo(0x10000000);
        assertThat(image.getLong(SECOND_PROGRAM_HEADER + 32)).as("p_filesz").isEqualTo(24);
        assertThat(image.getLong(SECOND_PROGRAM_HEADER + 40)).as("p_memsz").isEqualTo(5000);
        assertThat(image.get(offset + 16)).as("data").isEqualTo((byte) 99);
        assertThat(image.capacity()).isEqualTo(offset + 24);
    }

    @ParameterizedTest
    @ValueSource(ints = {StaticElf.EM_X86_64, StaticElf.EM_AARCH64})
    void placesInTheFileAgreeWithAddressesModuloThePageSize(int machine) {
        var image = image(machine);
        int page = machine == StaticElf.EM_AARCH64 ? 65536 : 4096;
        for (int header : new int[] {FIRST_PROGRAM_HEADER, SECOND_PROGRAM_HEADER}) {
            assertThat(image.getLong(header + 48)).as("p_align").isEqualTo(page);
            assertThat(image.getLong(header + 8) % page)
                    .isEqualTo(image.getLong(header + 16) % page);
        }
    }

    @Test
    void stackIsNotExecutable() {
        var image = image(StaticElf.EM_X86_64);
        assertThat(image.getInt(THIRD_PROGRAM_HEADER)).as("PT_GNU_STACK").isEqualTo(0x6474E551);
        assertThat(image.getInt(THIRD_PROGRAM_HEADER + 4)).as("PF_R | PF_W").isEqualTo(6);
    }

    @Test
    void refusesWhatDoesNotFit() {
        var step = new byte[Step.SIZE];
        var data = new byte[16];
        assertThatIllegalArgumentException()
                .isThrownBy(() -> StaticElf.image(40, step, data, 16))
                .withMessageContaining("machine 40");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> StaticElf.image(62, new byte[65], data, 16))
                .withMessageContaining("65");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> StaticElf.image(62, new byte[0], data, 16));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> StaticElf.image(62, step, data, 15))
                .withMessageContaining("15");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> StaticElf.image(62, step, data, Integer.MAX_VALUE));
    }
}
