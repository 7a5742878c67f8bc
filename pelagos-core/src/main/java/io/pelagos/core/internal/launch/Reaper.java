package io.pelagos.core.internal.launch;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.kernel.WaitFlag;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Waits for helpers that are about to end, so that none stays behind as a zombie and nobody else
 * has to wait for one.
 */
public final class Reaper implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Reaper.class.getName());

    private final SystemCalls calls;
    private final LinkedBlockingQueue<Job> queue = new LinkedBlockingQueue<>();

    private record Job(int pid, CompletableFuture<Void> done) {}

    /** Starts the thread of a reaper. */
    public Reaper(SystemCalls calls) {
        this.calls = calls;
        Thread.ofPlatform().daemon().name("pelagos-reaper").start(this::work);
    }

    /** Leaves a child that is about to end to this reaper. */
    public CompletableFuture<Void> reap(int pid) {
        var job = new Job(pid, new CompletableFuture<>());
        queue.add(job);
        return job.done();
    }

    private void work() {
        try {
            for (var job = queue.take(); job.pid() > 0; job = queue.take()) {
                await(job.pid());
                job.done().complete(null);
            }
        } catch (InterruptedException e) {
            LOG.log(System.Logger.Level.WARNING, "the reaper was interrupted", e);
        }
    }

    private void await(int pid) {
        try {
            byte[] ignored = calls.waitid(WaitFlag.P_PID, pid);
            assert ignored.length > 0;
        } catch (ErrnoException e) {
            if (e.errno() != Errno.ECHILD) {
                LOG.log(System.Logger.Level.WARNING, "waiting for the helper " + pid, e);
            }
        }
    }

    /** Ends the thread when it has done what it was given. */
    @Override
    public void close() {
        queue.add(new Job(0, new CompletableFuture<>()));
    }
}
