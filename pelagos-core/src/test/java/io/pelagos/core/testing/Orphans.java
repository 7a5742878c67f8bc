package io.pelagos.core.testing;

import io.pelagos.core.kernel.Kernel;
import io.pelagos.core.kernel.LinuxKernel;
import io.pelagos.core.kernel.Prctl;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.kernel.WaitFlag;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Has this JVM adopt the processes that others leave, see {@code PR_SET_CHILD_SUBREAPER} in
 * prctl(2), so that none can hide; waits for them as init would.
 */
public final class Orphans implements AutoCloseable {
    private final Kernel kernel = new LinuxKernel();

    private Orphans() {}

    /**
     * Begins to adopt.
     *
     * @return to be closed, and nothing is adopted any more
     */
    public static Orphans adopt() {
        var orphans = new Orphans();
        orphans.set(1);
        return orphans;
    }

    private void set(long on) {
        long option = Prctl.PR_SET_CHILD_SUBREAPER.value(kernel.architecture());
        SystemCalls.check(
                kernel.call(Syscall.PRCTL, option, on, 0, 0, 0),
                Syscall.PRCTL,
                Prctl.PR_SET_CHILD_SUBREAPER,
                on);
    }

    /**
     * Waits for the children that have ended, and were not there before.
     *
     * @param before an earlier look
     */
    public void reap(Footprint before) {
        for (var process : Footprint.glance().processes()) {
            if (!before.processes().contains(process) && process.endsWith("(state Z)")) {
                int pid = Integer.parseInt(process.substring(0, process.indexOf(' ')));
                reap(pid);
            }
        }
    }

    /**
     * Looks until what came since an earlier look has gone, or a second has passed, in which what
     * has ended is waited for.
     *
     * @param before the earlier look
     * @param watched directories whose files count
     * @return what is left
     */
    public List<String> leftSince(Footprint before, List<Path> watched) {
        long end = System.nanoTime() + Duration.ofSeconds(1).toNanos();
        List<String> left;
        do {
            reap(before);
            left = Footprint.take(watched).since(before);
        } while (!left.isEmpty() && System.nanoTime() - end < 0);
        return left.isEmpty() ? left : LeakCheck.leftSince(before, watched);
    }

    private void reap(int pid) {
        byte[] ignored = new SystemCalls(kernel).waitid(WaitFlag.P_PID, pid);
        assert ignored.length > 0;
    }

    @Override
    public void close() {
        set(0);
    }
}
