package io.pelagos.core.internal.state;

import io.pelagos.core.internal.cgroup.ContainerCgroup;
import io.pelagos.core.internal.launch.Ending;
import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.Signal;
import io.pelagos.core.spec.Stats;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;

/** Reads what a detached supervisor leaves as {@link Ending}. */
public final class EndRecord {
    private static final int SI_CODE = 8;
    private static final int SI_STATUS = 24;
    private static final int CLD_EXITED = 1;
    private static final int CLD_DUMPED = 3;

    /** What is said of a container whose end nobody saw: it ends with its supervisor. */
    public static final Exit UNSEEN = new Exit.Killed(Signal.KILL, false);

    private EndRecord() {}

    /**
     * Reads a record.
     *
     * @param bytes the contents of the file
     * @return how the container ended, and when
     * @throws HostileFileException when it is shorter
     */
    public static ContainerState.End read(byte[] bytes) {
        if (bytes.length < Ending.SIZE) {
            throw new HostileFileException(
                    Ending.FILE, "has " + bytes.length + " bytes, not at least " + Ending.SIZE);
        }
        var fields = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        var at =
                Instant.ofEpochSecond(
                        fields.getLong(Ending.SIGINFO_SIZE),
                        fields.getLong(Ending.SIGINFO_SIZE + 8));
        return new ContainerState.End(at, unlessOutOfMemory(exit(bytes), bytes));
    }

    /** Behind the record stand the memory events of the cgroup, where there are any. */
    private static Exit unlessOutOfMemory(Exit how, byte[] bytes) {
        if (!mayBeOutOfMemory(how) || bytes.length == Ending.SIZE) {
            return how;
        }
        var kills = memoryEvents(bytes).map(Stats.Events::oomKill).orElse(0L);
        return kills > 0 ? new Exit.OutOfMemory(kills) : how;
    }

    /**
     * Reads the memory events behind a record.
     *
     * @param bytes the contents of the file
     * @return how often limits of memory were met; empty when nobody counted
     */
    public static Optional<Stats.Events> memoryEvents(byte[] bytes) {
        return bytes.length <= Ending.SIZE
                ? Optional.empty()
                : ContainerCgroup.memoryEvents(
                        new String(
                                bytes,
                                Ending.SIZE,
                                bytes.length - Ending.SIZE,
                                StandardCharsets.US_ASCII));
    }

    /**
     * Reads a {@code siginfo_t} of waitid(2).
     *
     * @param siginfo at least its first 28 bytes, or fewer when nobody saw the end
     * @return how the process ended
     */
    public static Exit exit(byte[] siginfo) {
        if (siginfo.length < Ending.SIGINFO_SIZE) {
            return UNSEEN;
        }
        var fields = ByteBuffer.wrap(siginfo).order(ByteOrder.LITTLE_ENDIAN);
        int code = fields.getInt(SI_CODE);
        int status = fields.getInt(SI_STATUS);
        if (code == 0) {
            return UNSEEN;
        }
        return code == CLD_EXITED
                ? new Exit.Code(status & 0xff)
                : new Exit.Killed(Signal.of(status), code == CLD_DUMPED);
    }

    /**
     * Tells whether a signal ended it that the kernel may have sent for want of memory.
     *
     * @param how how it ended
     * @return true for SIGKILL
     */
    public static boolean mayBeOutOfMemory(Exit how) {
        return how.code() == Exit.SIGNALLED + Signal.KILL.number();
    }
}
