package io.pelagos.core.internal.launch;

import static io.pelagos.core.kernel.OpenFlag.O_CLOEXEC;
import static io.pelagos.core.kernel.OpenFlag.O_CREAT;
import static io.pelagos.core.kernel.OpenFlag.O_NOFOLLOW;
import static io.pelagos.core.kernel.OpenFlag.O_TRUNC;
import static io.pelagos.core.kernel.OpenFlag.O_WRONLY;
import static io.pelagos.core.kernel.Syscall.CLOCK_GETTIME;
import static io.pelagos.core.kernel.Syscall.FSYNC;
import static io.pelagos.core.kernel.Syscall.OPENAT;
import static io.pelagos.core.kernel.Syscall.RENAMEAT2;
import static io.pelagos.core.kernel.Syscall.WAITID;
import static io.pelagos.core.kernel.Syscall.WRITE;
import static io.pelagos.core.kernel.WaitFlag.P_PIDFD;
import static io.pelagos.core.kernel.WaitFlag.WEXITED;

import io.pelagos.core.internal.launch.PlanBuilder.Label;
import io.pelagos.core.internal.launch.PlanBuilder.Pointer;
import io.pelagos.core.internal.launch.PlanBuilder.Slot;
import io.pelagos.core.kernel.Constant;
import java.util.function.Consumer;

/**
 * How a detached container ended, as its supervisor leaves it in a file: the {@code siginfo_t} of
 * waitid(2) in {@value #SIGINFO_SIZE} bytes, all zero when it could not be learnt, then the {@code
 * struct timespec} of the end by {@code CLOCK_REALTIME}.
 *
 * @param record where the bytes are
 */
public record Ending(Pointer record) {
    /** The name of the file, in the directory of the container. */
    public static final String FILE = "exit";

    /** The size of the record; the memory events of the cgroup may stand behind it. */
    public static final int SIZE = 144;

    /** The largest size of the file. */
    public static final int LARGEST = SIZE + 4096;

    /** The size of a {@code siginfo_t}. */
    public static final int SIGINFO_SIZE = 128;

    private static final String PARTIAL = FILE + ".partial";

    static Ending allocate(PlanBuilder plan) {
        return new Ending(plan.space("{siginfo, time}", SIZE));
    }

    void await(PlanBuilder plan, Slot pidfd) {
        plan.call(WAITID, P_PIDFD, pidfd, record, WEXITED, null);
    }

    /**
     * Leaves the file; a reader never sees half of it.
     *
     * @param more writes what stands behind the record
     */
    void leave(PlanBuilder plan, int directory, Consumer<Slot> more) {
        plan.purpose("leaving the exit status in a file");
        var failed = plan.onError();
        var next = new Label();
        var file = plan.slot(PARTIAL);
        plan.onError(next);
        plan.call(CLOCK_GETTIME, 0, record.at(SIGINFO_SIZE));
        plan.call(
                        OPENAT,
                        directory,
                        PARTIAL,
                        Constant.flags(O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW, O_CLOEXEC),
                        0600)
                .into(file);
        plan.call(WRITE, file, record, SIZE);
        more.accept(file);
        plan.call(FSYNC, file);
        plan.call(RENAMEAT2, directory, PARTIAL, directory, FILE, 0);
        plan.here(next);
        plan.onError(failed);
    }
}
