package io.pelagos.core;

import io.pelagos.core.spec.Exit;
import io.pelagos.core.spec.Signal;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Reads the {@code siginfo_t} in which a supervisor reports an end, see waitid(2). */
final class ExitStatus {
    static final int SIZE = 128;
    private static final int SI_CODE = 8;
    private static final int SI_STATUS = 24;
    private static final int CLD_EXITED = 1;
    private static final int CLD_DUMPED = 3;

    private ExitStatus() {}

    /** Decodes a report; one that never came means that everything was killed. */
    static Exit decode(byte[] info) {
        if (info.length < SIZE) {
            return new Exit.Killed(Signal.KILL, false);
        }
        var fields = ByteBuffer.wrap(info).order(ByteOrder.LITTLE_ENDIAN);
        int code = fields.getInt(SI_CODE);
        int status = fields.getInt(SI_STATUS);
        return code == CLD_EXITED
                ? new Exit.Code(status & 0xff)
                : new Exit.Killed(Signal.of(status), code == CLD_DUMPED);
    }

    /** Tells whether a signal ended it that the kernel may have sent for want of memory. */
    static boolean mayBeOutOfMemory(Exit how) {
        return how.code() == Exit.SIGNALLED + Signal.KILL.number();
    }
}
