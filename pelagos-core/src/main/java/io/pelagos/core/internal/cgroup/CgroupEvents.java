package io.pelagos.core.internal.cgroup;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.Memory;
import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/**
 * Waits until something is true of a cgroup.
 *
 * <p>In version 2 the kernel wakes whoever polls {@code cgroup.events} (POLLPRI) when one of its
 * lines has changed. Version 1 has no such event: there the condition is looked at again after one,
 * two, four … at most 32 milliseconds, slept in ppoll(2). Either way the wait ends with the time
 * given, and not by interruption. A virtual thread waits for a platform thread that does this, and
 * does not hold its carrier.
 */
final class CgroupEvents {
    private static final String FILE = "cgroup.events";
    private static final short POLLPRI = 2;
    private static final long LONGEST_NAP_MILLIS = 32;
    private static final long MILLI = 1_000_000;

    private CgroupEvents() {}

    /**
     * Waits for lines of {@code cgroup.events}.
     *
     * @param directory a cgroup of version 2
     * @param condition what the text must be like; a cgroup that was removed meanwhile counts as
     *     empty and not frozen
     * @param timeout how long at the most
     * @return whether it came true
     */
    static boolean await(CgroupDirectory directory, Predicate<String> condition, Duration timeout) {
        if (condition.test(directory.read(FILE))) {
            return true;
        }
        return offCarrier(() -> poll(directory, condition, deadline(timeout)));
    }

    /**
     * Looks again and again, where there is no event.
     *
     * @param calls where calls go
     * @param condition what is waited for
     * @param timeout how long at the most
     * @return whether it came true
     */
    static boolean retry(SystemCalls calls, BooleanSupplier condition, Duration timeout) {
        if (condition.getAsBoolean()) {
            return true;
        }
        return offCarrier(() -> nap(calls, condition, deadline(timeout)));
    }

    private static boolean poll(
            CgroupDirectory directory, Predicate<String> condition, long deadline) {
        var calls = directory.calls();
        try (var events = directory.openFile(FILE)) {
            // poll(2) reports a change since this very descriptor was read: none can be missed.
            while (!condition.test(readAgain(calls, events))) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                ppoll(calls, events.number(), left);
            }
            return true;
        }
    }

    private static boolean nap(SystemCalls calls, BooleanSupplier condition, long deadline) {
        for (long nap = 1; !condition.getAsBoolean(); nap = Math.min(2 * nap, LONGEST_NAP_MILLIS)) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            ppoll(calls, -1, Math.min(left, nap * MILLI));
        }
        return true;
    }

    private static long deadline(Duration timeout) {
        var longest = Duration.ofDays(365);
        return System.nanoTime() + (timeout.compareTo(longest) > 0 ? longest : timeout).toNanos();
    }

    private static String readAgain(SystemCalls calls, Fd events) {
        try (var memory = Memory.open()) {
            var buffer = memory.block(512);
            long result =
                    calls.retry(
                            Syscall.PREAD64, events.number(), buffer.address(), buffer.size(), 0);
            if (result == -Errno.ENODEV.number()) {
                return "populated 0\nfrozen 0\n";
            }
            int size = (int) SystemCalls.check(result, Syscall.PREAD64, events, "…", 512, 0);
            return new String(buffer.get(0, size), StandardCharsets.US_ASCII);
        }
    }

    /** {@code int ppoll(struct pollfd *fds, nfds_t nfds, const struct timespec *tmo, …)}. */
    private static void ppoll(SystemCalls calls, int fd, long nanos) {
        try (var memory = Memory.open()) {
            // struct timespec { s64 sec, nsec; }
            var time = memory.block(16).putLong(0, nanos / 1_000_000_000);
            time.putLong(8, nanos % 1_000_000_000);
            // struct pollfd { int fd; short events; short revents; }; a negative fd is ignored
            var poll = memory.block(8).putInt(0, fd).putShort(4, POLLPRI);
            long result = calls.retry(Syscall.PPOLL, poll.address(), 1, time.address(), 0, 8);
            if (result < 0) {
                throw new ErrnoException(Errno.of((int) -result), "ppoll(" + FILE + ", POLLPRI)");
            }
        }
    }

    private static boolean offCarrier(java.util.concurrent.Callable<Boolean> wait) {
        var task = new FutureTask<>(wait);
        if (Thread.currentThread().isVirtual()) {
            Thread.ofPlatform().name("pelagos-cgroup-events").daemon().start(task);
        } else {
            task.run();
        }
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    if (e.getCause() instanceof RuntimeException failure) {
                        throw failure;
                    }
                    throw new IllegalStateException(e.getCause());
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
