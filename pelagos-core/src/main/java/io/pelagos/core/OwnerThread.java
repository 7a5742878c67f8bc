package io.pelagos.core;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.Prctl;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import io.pelagos.core.spec.Owner;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A thread whose new files belong to somebody else than the user of the JVM, see setfsuid(2), which
 * concerns the calling thread alone. The files of a container in a user namespace can be made for
 * ids of that namespace only: overlayfs acts with the rights of whoever has stacked the layers, who
 * may neither write a foreign owner nor change it. The thread keeps the capabilities of the JVM.
 */
final class OwnerThread implements AutoCloseable {
    private static final int CAPABILITIES_VERSION_3 = 0x20080522;
    private static final int HEADER_SIZE = 8;
    private static final int DATA_SIZE = 24;

    /** The right to be looked at is the JVM's, not that of one of these threads. */
    private static final ReentrantLock BECOMING = new ReentrantLock();

    private static final long NOBODY = 0xffffffffL;

    private final SystemCalls calls;
    private final @Nullable ExecutorService thread;

    private OwnerThread(SystemCalls calls, @Nullable ExecutorService thread) {
        this.calls = calls;
        this.thread = thread;
    }

    /**
     * Starts a thread.
     *
     * @param calls how
     * @param owner who owns what it makes; null for the user of the JVM, and no thread
     */
    static OwnerThread of(SystemCalls calls, @Nullable Owner owner) {
        if (owner == null) {
            return new OwnerThread(calls, null);
        }
        var made =
                new OwnerThread(
                        calls,
                        Executors.newSingleThreadExecutor(
                                Thread.ofPlatform().name("pelagos-owner").daemon().factory()));
        try {
            Boolean ignored = made.act(() -> made.become(owner));
            return made;
        } catch (Exception e) {
            made.close();
            throw e instanceof RuntimeException runtime ? runtime : new IllegalStateException(e);
        }
    }

    /** A change of the user takes capabilities, and the whole JVM the right to be looked at. */
    private boolean become(Owner owner) {
        BECOMING.lock();
        try {
            return becomeAlone(owner);
        } finally {
            BECOMING.unlock();
        }
    }

    private boolean becomeAlone(Owner owner) {
        try (var memory = Memory.open()) {
            var header = memory.block(HEADER_SIZE);
            header.putInt(0, CAPABILITIES_VERSION_3);
            var data = memory.block(DATA_SIZE);
            call(Syscall.CAPGET, header.address(), data.address());
            long dumpable = call(Syscall.PRCTL, prctl(Prctl.PR_GET_DUMPABLE), 0, 0, 0, 0);
            changeTo(Syscall.SETFSGID, owner.gid());
            changeTo(Syscall.SETFSUID, owner.uid());
            call(Syscall.CAPSET, header.address(), data.address());
            if (dumpable == 1) {
                call(Syscall.PRCTL, prctl(Prctl.PR_SET_DUMPABLE), dumpable, 0, 0, 0);
            }
            return true;
        }
    }

    /** These calls give the id before, and say nothing about whether they have changed it. */
    private void changeTo(Syscall syscall, long id) {
        long before = call(syscall, id);
        if (call(syscall, NOBODY) != id) {
            throw new ErrnoException(
                    Errno.EPERM,
                    syscall.toString().toLowerCase(Locale.ROOT) + "(" + id + ") from " + before);
        }
    }

    private long prctl(Prctl what) {
        return what.value(calls.kernel().architecture());
    }

    private long call(Syscall syscall, long... arguments) {
        return SystemCalls.check(calls.retry(syscall, arguments), syscall);
    }

    /** Acts in the thread, and waits for it also when interrupted. */
    <T> T act(Callable<T> action) throws Exception {
        if (thread == null) {
            return action.call();
        }
        try {
            return await(thread.submit(action));
        } catch (ExecutionException e) {
            throw switch (e.getCause()) {
                case Exception failure -> failure;
                case Error error -> throw error;
                case null, default -> e;
            };
        }
    }

    private static <T> T await(Future<T> result) throws ExecutionException {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return result.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() {
        if (thread != null) {
            thread.shutdown();
        }
    }
}
