package io.pelagos.core.internal.launch;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.LaunchPlan;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What a plan has left in its report file: records of failed steps, eight bytes each, and behind
 * them the {@code siginfo_t} of the end of the first process.
 */
public final class ForegroundReport {
    static final int SIGINFO_SIZE = 128;
    private static final int RECORD_SIZE = 8;
    private static final int LARGEST = SIGINFO_SIZE + 2 * RECORD_SIZE;

    private ForegroundReport() {}

    /** The number of bytes that hold any report. */
    public static int largest() {
        return LARGEST;
    }

    /**
     * Reads a report.
     *
     * @param plan what was carried out
     * @param report the contents of the file
     * @return the {@code siginfo_t} of the first process
     * @throws LaunchFailure when a step failed or nothing was left
     */
    public static ByteBuffer end(LaunchPlan plan, byte[] report) {
        var fields = ByteBuffer.wrap(report).order(ByteOrder.LITTLE_ENDIAN);
        int records = report.length % SIGINFO_SIZE / RECORD_SIZE;
        for (int i = 0; i < records; i++) {
            var step = plan.steps().get(plan.indexOf(fields.getInt()));
            var errno = Errno.of(fields.getInt());
            if (step instanceof LaunchPlan.Call call) {
                throw new LaunchFailure(call, errno);
            }
        }
        if (fields.remaining() < SIGINFO_SIZE) {
            throw new LaunchFailure(
                    "the helper ended before it could tell how the container ended: it was killed,"
                            + " or this machine is out of memory");
        }
        return fields.slice().order(ByteOrder.LITTLE_ENDIAN);
    }
}
