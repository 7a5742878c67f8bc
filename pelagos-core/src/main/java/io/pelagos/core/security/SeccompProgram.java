package io.pelagos.core.security;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * A compiled filter, ready for {@code seccomp(SECCOMP_SET_MODE_FILTER)}; see seccomp(2).
 *
 * @param instructions the filter
 * @param flags the second argument of seccomp(2); contains {@code SECCOMP_FILTER_FLAG_NEW_LISTENER}
 *     when the filter can ask a supervisor, and the call then returns a descriptor
 * @param warnings what of the profile has no effect on this machine, each a sentence for people
 */
public record SeccompProgram(List<BpfInstruction> instructions, int flags, List<String> warnings) {
    /** The longest filter that the kernel takes: {@code BPF_MAXINSNS}. */
    public static final int MAX_LENGTH = 4096;

    private static final int INSTRUCTION_SIZE = 8;

    /**
     * Checks the length and takes copies.
     *
     * @param instructions the filter, 1 to {@value #MAX_LENGTH} instructions
     * @param flags the second argument of seccomp(2)
     * @param warnings what has no effect
     */
    public SeccompProgram {
        instructions = List.copyOf(instructions);
        warnings = List.copyOf(warnings);
        if (instructions.isEmpty() || instructions.size() > MAX_LENGTH) {
            throw new IllegalArgumentException(
                    "seccomp filter: the kernel takes 1 to "
                            + MAX_LENGTH
                            + " instructions: "
                            + instructions.size());
        }
    }

    /**
     * Tells whether the filter can ask a supervisor.
     *
     * @return true when installing it gives a descriptor to listen on, see seccomp_unotify(2)
     */
    public boolean notifies() {
        return (flags & SeccompFlag.NEW_LISTENER) != 0;
    }

    /**
     * Returns the filter as the kernel reads it.
     *
     * @return an array of {@code struct sock_filter}, little endian, 8 bytes each
     */
    public byte[] toBytes() {
        var bytes =
                ByteBuffer.allocate(instructions.size() * INSTRUCTION_SIZE)
                        .order(ByteOrder.LITTLE_ENDIAN);
        for (var instruction : instructions) {
            bytes.putShort((short) instruction.code())
                    .put((byte) instruction.jt())
                    .put((byte) instruction.jf())
                    .putInt(instruction.k());
        }
        return bytes.array();
    }

    /** Returns a listing, one numbered instruction a line. */
    @Override
    public String toString() {
        var listing = new StringBuilder();
        for (int i = 0; i < instructions.size(); i++) {
            listing.append(i).append(": ").append(instructions.get(i)).append('\n');
        }
        return listing.toString();
    }
}
