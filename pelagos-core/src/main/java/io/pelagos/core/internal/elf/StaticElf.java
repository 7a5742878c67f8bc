package io.pelagos.core.internal.elf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A small static ELF executable of two segments at fixed addresses, see elf(5): one to read and
 * execute (headers, interpreter, steps) and one to read and write (data, then zeros). Its stack is
 * not executable.
 */
public final class StaticElf {
    /** The machine x86_64. */
    public static final int EM_X86_64 = 62;

    /** The machine aarch64. */
    public static final int EM_AARCH64 = 183;

    /** The address of the first byte of the file. */
    public static final int CODE = 0x400000;

    /** The address of the first step. */
    public static final int STEPS = CODE + 0x200;

    /** The address of the data; it begins with the failure record of eight bytes. */
    public static final int DATA = 0x10000000;

    /** The address of the first byte of a loader's file, out of the way of what it loads. */
    private static final int LOADER = 0x20000000;

    /** The address of the first step of a loader. */
    public static final int LOADER_STEPS = LOADER + 0x200;

    /** The address of a loader's own data. */
    public static final int LOADER_DATA = LOADER + 0x10000;

    private static final int HEADER_SIZE = 64;
    private static final int PROGRAM_HEADER_SIZE = 56;
    private static final int PROGRAM_HEADERS = 3;

    /** Where execution begins: the interpreter follows the headers. */
    private static final int ENTRY = HEADER_SIZE + PROGRAM_HEADERS * PROGRAM_HEADER_SIZE;

    private static final int PT_LOAD = 1;
    private static final int PT_GNU_STACK = 0x6474E551;
    private static final int PF_X = 1;
    private static final int PF_W = 2;
    private static final int PF_R = 4;

    private StaticElf() {}

    /**
     * Makes the file.
     *
     * @param machine {@link #EM_X86_64} or {@link #EM_AARCH64}
     * @param steps encoded steps, a multiple of {@link Step#SIZE} bytes
     * @param data the first bytes of the data, beginning with the failure record
     * @param dataSize the size of the data in memory; what the file does not hold is zero
     * @return the file's bytes
     * @throws IllegalArgumentException for another machine, or when a size does not fit
     */
    public static byte[] image(int machine, byte[] steps, byte[] data, int dataSize) {
        if (steps.length == 0 || steps.length % Step.SIZE != 0 || steps.length > DATA - STEPS) {
            throw new IllegalArgumentException("steps of " + steps.length + " bytes");
        }
        if (dataSize < data.length || dataSize > Integer.MAX_VALUE - DATA) {
            throw new IllegalArgumentException(
                    "data of " + dataSize + " bytes, " + data.length + " of them in the file");
        }
        return file(machine, Interpreter.code(machine), CODE, DATA, steps, data, dataSize);
    }

    /**
     * Makes a file that begins at {@link #LOADER_STEPS}, whose steps can put others to {@link
     * #STEPS} and their data to {@link #DATA}, and go on there. The steps of a loader jump to where
     * they say; their failures too are recorded at {@link #DATA}.
     *
     * @param machine {@link #EM_X86_64} or {@link #EM_AARCH64}
     * @param steps encoded steps
     * @param data the loader's own data
     * @return the file's bytes
     */
    public static byte[] loader(int machine, byte[] steps, byte[] data) {
        return file(
                machine,
                Interpreter.loader(machine),
                LOADER,
                LOADER_DATA,
                steps,
                data,
                data.length);
    }

    private static byte[] file(
            int machine,
            byte[] interpreter,
            int code,
            int dataAddress,
            byte[] steps,
            byte[] data,
            int dataSize) {
        int stepsOffset = STEPS - CODE;
        int page = pageSize(machine);
        int codeEnd = stepsOffset + steps.length;
        int dataOffset = (codeEnd + page - 1) & -page;
        var out = ByteBuffer.allocate(dataOffset + data.length).order(ByteOrder.LITTLE_ENDIAN);
        header(out, machine, code + ENTRY);
        segment(out, PT_LOAD, PF_R | PF_X, 0, code, codeEnd, codeEnd, page);
        segment(out, PT_LOAD, PF_R | PF_W, dataOffset, dataAddress, data.length, dataSize, page);
        segment(out, PT_GNU_STACK, PF_R | PF_W, 0, 0, 0, 0, 16);
        out.put(interpreter);
        return out.put(stepsOffset, steps).put(dataOffset, data).array();
    }

    /**
     * The largest page size of a kernel for the machine: a segment's place in the file and its
     * address must agree modulo the page size, and arm64 kernels may use pages of 64 KiB.
     */
    private static int pageSize(int machine) {
        return machine == EM_AARCH64 ? 0x10000 : 0x1000;
    }

    private static void header(ByteBuffer out, int machine, int entry) {
        var identification =
                new byte[] {
                    0x7F,
                    'E',
                    'L',
                    'F', // magic number
                    2, // ELFCLASS64
                    1, // ELFDATA2LSB
                    1, // EV_CURRENT
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0 // ELFOSABI_SYSV and padding
                };
        out.put(identification);
        out.putShort((short) 2); // e_type: ET_EXEC
        out.putShort((short) machine); // e_machine
        out.putInt(1); // e_version
        out.putLong(entry); // e_entry
        out.putLong(HEADER_SIZE); // e_phoff
        out.putLong(0); // e_shoff
        out.putInt(0); // e_flags
        out.putShort((short) HEADER_SIZE); // e_ehsize
        out.putShort((short) PROGRAM_HEADER_SIZE); // e_phentsize
        out.putShort((short) PROGRAM_HEADERS); // e_phnum
        out.putShort((short) 0); // e_shentsize
        out.putShort((short) 0); // e_shnum
        out.putShort((short) 0); // e_shstrndx
    }

    private static void segment(
            ByteBuffer out,
            int type,
            int flags,
            long offset,
            long address,
            long fileSize,
            long memorySize,
            long alignment) {
        out.putInt(type); // p_type
        out.putInt(flags); // p_flags
        out.putLong(offset); // p_offset
        out.putLong(address); // p_vaddr
        out.putLong(address); // p_paddr
        out.putLong(fileSize); // p_filesz
        out.putLong(memorySize); // p_memsz
        out.putLong(alignment); // p_align
    }
}
