package io.pelagos.core.kernel;

import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Waits for any number of descriptors with one thread, so that no other thread blocks in the kernel
 * and no virtual thread holds on to its carrier.
 *
 * <p>The thread is a daemon; it sits in epoll_pwait(2) and runs no code of any caller. A wait is
 * registered for one event ({@code EPOLLONESHOT}) under a token that is never used again: an event
 * that is late, because its wait was given up or its descriptor closed, finds nobody and is
 * dropped, even when the number of the descriptor has been reused by then. Several threads may wait
 * for one descriptor, in the same direction or in both.
 *
 * <p>A descriptor that cannot be polled because it never blocks (a regular file, {@code /dev/null})
 * is always ready. Errors and a hang-up make a descriptor ready in both directions: the read or
 * write that follows tells what happened.
 *
 * <p>Whoever closes a descriptor for which others may be waiting calls {@link #cancel} first.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/epoll.7.html">epoll(7)</a>
 */
public final class Poller implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Poller.class.getName());
    private static final int EPOLL_CLOEXEC = 0x80000;
    private static final int EPOLL_CTL_ADD = 1;
    private static final int EPOLL_CTL_DEL = 2;
    private static final int EPOLL_CTL_MOD = 3;
    private static final int EFD_CLOEXEC_NONBLOCK = 0x80800;
    private static final int BATCH = 256;
    private static final long WAKE_UP = 0;

    private final Kernel kernel;
    private final SystemCalls calls;
    private final EpollEvent layout;
    private final Fd epoll;
    private final Fd wakeUp;
    private final Thread thread;

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Fd, Registration> byDescriptor = new HashMap<>();
    private final Map<Long, Registration> byToken = new HashMap<>();
    private long lastToken = WAKE_UP;
    private boolean closed;

    private Poller(Kernel kernel, Fd epoll, Fd wakeUp) {
        this.kernel = kernel;
        this.calls = new SystemCalls(kernel);
        this.layout = EpollEvent.of(kernel.architecture());
        this.epoll = epoll;
        this.wakeUp = wakeUp;
        this.thread = Thread.ofPlatform().daemon().name("pelagos-poller").unstarted(this::run);
    }

    /**
     * Opens a poller and starts its thread.
     *
     * @param kernel whose descriptors are waited for
     * @return the poller, to be closed when nobody waits any more
     * @throws ErrnoException when the kernel gives no epoll or event descriptor
     */
    public static Poller open(Kernel kernel) {
        var epoll =
                Fd.of(
                        kernel,
                        descriptor(kernel, Syscall.EPOLL_CREATE1, EPOLL_CLOEXEC),
                        "the poller's epoll");
        try {
            var wakeUp =
                    Fd.of(
                            kernel,
                            descriptor(kernel, Syscall.EVENTFD2, 0, EFD_CLOEXEC_NONBLOCK),
                            "the poller's eventfd");
            var poller = new Poller(kernel, epoll, wakeUp);
            try {
                poller.control(EPOLL_CTL_ADD, wakeUp.number(), EpollEvent.EPOLLIN, WAKE_UP);
                poller.thread.start();
            } catch (RuntimeException | Error e) {
                wakeUp.close();
                throw e;
            }
            return poller;
        } catch (RuntimeException | Error e) {
            epoll.close();
            throw e;
        }
    }

    private static int descriptor(Kernel kernel, Syscall syscall, long... arguments) {
        long result = new SystemCalls(kernel).retry(syscall, arguments);
        return (int)
                SystemCalls.check(
                        result, syscall, java.util.Arrays.stream(arguments).boxed().toArray());
    }

    /**
     * Returns the kernel whose descriptors are waited for.
     *
     * @return the kernel
     */
    public Kernel kernel() {
        return kernel;
    }

    /**
     * Waits until there is something to read, or end of file, an error or a hang-up to be told of.
     *
     * @param fd an open descriptor
     * @throws InterruptedException when the thread is interrupted before or during the wait; the
     *     descriptor is not affected
     * @throws AsynchronousCloseException when the wait is cancelled
     * @throws ClosedChannelException when the descriptor has been cancelled or the poller closed
     *     before
     */
    public void awaitReadable(Fd fd) throws InterruptedException, ClosedChannelException {
        await(fd, Direction.READ, null);
    }

    /**
     * Waits until something can be written, or an error or a hang-up is to be told of.
     *
     * @param fd an open descriptor
     * @throws InterruptedException when the thread is interrupted before or during the wait; the
     *     descriptor is not affected
     * @throws AsynchronousCloseException when the wait is cancelled
     * @throws ClosedChannelException when the descriptor has been cancelled or the poller closed
     *     before
     */
    public void awaitWritable(Fd fd) throws InterruptedException, ClosedChannelException {
        await(fd, Direction.WRITE, null);
    }

    /**
     * Waits until a file of the kernel has something out of the ordinary to tell: that it has
     * changed, that a trigger has gone off, an error or a hang-up; see {@code POLLPRI} in poll(2).
     *
     * @param fd an open descriptor
     * @throws InterruptedException as in {@link #awaitReadable(Fd)}
     * @throws ClosedChannelException as in {@link #awaitReadable(Fd)}
     */
    public void awaitPriority(Fd fd) throws InterruptedException, ClosedChannelException {
        await(fd, Direction.PRIORITY, null);
    }

    /**
     * Waits for a limited time until there is something to read.
     *
     * @param fd an open descriptor
     * @param timeout how long at the most; nothing or less only looks
     * @return false when the time has elapsed
     * @throws InterruptedException as in {@link #awaitReadable(Fd)}
     * @throws ClosedChannelException as in {@link #awaitReadable(Fd)}
     */
    public boolean awaitReadable(Fd fd, Duration timeout)
            throws InterruptedException, ClosedChannelException {
        return await(fd, Direction.READ, timeout);
    }

    /**
     * Waits for a limited time until something can be written.
     *
     * @param fd an open descriptor
     * @param timeout how long at the most; nothing or less only looks
     * @return false when the time has elapsed
     * @throws InterruptedException as in {@link #awaitWritable(Fd)}
     * @throws ClosedChannelException as in {@link #awaitWritable(Fd)}
     */
    public boolean awaitWritable(Fd fd, Duration timeout)
            throws InterruptedException, ClosedChannelException {
        return await(fd, Direction.WRITE, timeout);
    }

    /**
     * Tells when there is something to read: for a pidfd, that its process has ended.
     *
     * <p>The future is completed by a virtual thread of its own, so what depends on it may block.
     * Cancelling the future gives the wait up. The future fails with {@link
     * AsynchronousCloseException} when the wait is cancelled by {@link #cancel} or {@link #close}.
     *
     * @param fd an open descriptor
     * @return a new future
     */
    public CompletableFuture<Void> whenReadable(Fd fd) {
        Waiter waiter;
        try {
            waiter = register(fd, Direction.READ);
        } catch (ClosedChannelException e) {
            return CompletableFuture.failedFuture(e);
        }
        var future = new CompletableFuture<Void>();
        var _ =
                waiter.outcome.whenCompleteAsync(
                        (ready, failure) -> {
                            if (failure == null) {
                                future.complete(null);
                            } else {
                                future.completeExceptionally(failure);
                            }
                        },
                        Thread::startVirtualThread);
        var _ =
                future.whenComplete(
                        (ready, failure) -> {
                            if (!waiter.outcome.isDone()) {
                                giveUp(waiter);
                            }
                        });
        return future;
    }

    /**
     * Wakes everybody who waits for a descriptor with {@link AsynchronousCloseException}, and
     * refuses every later wait for it: what has to precede closing it.
     *
     * @param fd the descriptor; when it is closed already, or nobody waits, only later waits are
     *     affected
     */
    public void cancel(Fd fd) {
        List<Waiter> waiters;
        lock.lock();
        try {
            fd.retire();
            var registration = byDescriptor.get(fd);
            if (registration == null) {
                return;
            }
            waiters = List.copyOf(registration.waiters);
            forget(registration);
        } finally {
            lock.unlock();
        }
        fail(waiters);
    }

    /**
     * Wakes everybody who waits with {@link AsynchronousCloseException}, ends the thread and waits
     * until it has ended. A second call does nothing. The descriptors that were waited for stay
     * open.
     */
    @Override
    public void close() {
        List<Waiter> waiters = new ArrayList<>();
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            for (var registration : List.copyOf(byDescriptor.values())) {
                waiters.addAll(registration.waiters);
                forget(registration);
            }
            try (var memory = Memory.open()) {
                var one = memory.block(8).putLong(0, 1);
                long result =
                        calls.retry(Syscall.WRITE, wakeUp.number(), one.address(), one.size());
                SystemCalls.check(result, Syscall.WRITE, wakeUp, 1, 8);
            }
        } finally {
            lock.unlock();
        }
        fail(waiters);
        if (Thread.currentThread() != thread) {
            joinThread();
        }
    }

    private void joinThread() {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean await(Fd fd, Direction direction, @Nullable Duration timeout)
            throws InterruptedException, ClosedChannelException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        if (timeout != null && !timeout.isPositive()) {
            return look(fd, direction);
        }
        var waiter = register(fd, direction);
        try {
            if (timeout == null) {
                waiter.outcome.get();
            } else {
                waiter.outcome.get(TimeUnit.NANOSECONDS.convert(timeout), TimeUnit.NANOSECONDS);
            }
            return true;
        } catch (TimeoutException e) {
            // The event may be there while the poller's thread has not had its turn yet.
            return look(fd, direction);
        } catch (ExecutionException e) {
            throw failure(e);
        } finally {
            if (!waiter.outcome.isDone()) {
                giveUp(waiter);
            }
        }
    }

    /** Tells whether a descriptor is ready now, see poll(2). */
    private boolean look(Fd fd, Direction direction) throws ClosedChannelException {
        lock.lock();
        try (var memory = Memory.open()) {
            if (closed || fd.isRetired()) {
                throw new ClosedChannelException();
            }
            // struct pollfd { int fd; short events, revents; } and a struct timespec of zero
            var poll = memory.block(8).putInt(0, fd.number()).putShort(4, direction.events);
            var atOnce = memory.block(16);
            long result = calls.retry(Syscall.PPOLL, poll.address(), 1, atOnce.address(), 0, 8);
            return SystemCalls.check(result, Syscall.PPOLL, fd, 1, "{0, 0}", "NULL", 8) > 0;
        } finally {
            lock.unlock();
        }
    }

    /** A new exception, so that its stack is that of the thread which waited. */
    private static ClosedChannelException failure(ExecutionException e) {
        var failure = new AsynchronousCloseException();
        failure.initCause(e.getCause());
        return failure;
    }

    private Waiter register(Fd fd, Direction direction) throws ClosedChannelException {
        lock.lock();
        try {
            if (closed || fd.isRetired()) {
                throw new ClosedChannelException();
            }
            int number = fd.number();
            var registration = byDescriptor.get(fd);
            if (registration == null) {
                registration = new Registration(fd, ++lastToken);
            }
            var waiter = new Waiter(registration, direction);
            registration.waiters.add(waiter);
            if (arm(registration, number)) {
                byDescriptor.put(fd, registration);
                byToken.put(registration.token, registration);
            } else {
                waiter.outcome.complete(null);
            }
            return waiter;
        } finally {
            lock.unlock();
        }
    }

    /** Returns false when the descriptor is of a kind that is always ready. */
    private boolean arm(Registration registration, int number) {
        int events = registration.events() | EpollEvent.EPOLLONESHOT;
        long token = registration.token;
        // After an event the kernel keeps the entry, disarmed, until the file is closed.
        long result = tryControl(EPOLL_CTL_MOD, number, events, token);
        if (result == -Errno.ENOENT.number()) {
            result = tryControl(EPOLL_CTL_ADD, number, events, token);
        }
        if (result == -Errno.EPERM.number()) {
            return false;
        }
        SystemCalls.check(result, Syscall.EPOLL_CTL, epoll, "EPOLL_CTL_ADD", registration.fd, "…");
        return true;
    }

    private void giveUp(Waiter waiter) {
        lock.lock();
        try {
            var registration = waiter.registration;
            if (!registration.waiters.remove(waiter) || !byToken.containsKey(registration.token)) {
                return;
            }
            if (registration.waiters.isEmpty()) {
                forget(registration);
            } else {
                rearm(registration);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Waits on for those who are left. */
    private void rearm(Registration registration) {
        try {
            boolean armed = arm(registration, registration.fd.number());
            assert armed;
        } catch (ErrnoException | IllegalStateException closedWithoutCancel) {
            forget(registration);
            registration.waiters.forEach(
                    waiter -> waiter.outcome.completeExceptionally(closedWithoutCancel));
        }
    }

    private void forget(Registration registration) {
        byDescriptor.remove(registration.fd);
        byToken.remove(registration.token);
        if (registration.fd.isOpen()) {
            // ENOENT when the descriptor is not in the set: nothing to take out.
            long ignored = tryControl(EPOLL_CTL_DEL, registration.fd.number(), 0, 0);
        }
    }

    private static void fail(List<Waiter> waiters) {
        waiters.forEach(
                waiter -> waiter.outcome.completeExceptionally(new AsynchronousCloseException()));
    }

    private void control(int operation, int number, int events, long token) {
        SystemCalls.check(
                tryControl(operation, number, events, token),
                Syscall.EPOLL_CTL,
                epoll,
                operation,
                number,
                "…");
    }

    private long tryControl(int operation, int number, int events, long token) {
        try (var memory = Memory.open()) {
            var event = layout.put(memory.block(layout.size()), events, token);
            return calls.retry(
                    Syscall.EPOLL_CTL, epoll.number(), operation, number, event.address());
        }
    }

    private void run() {
        try (var memory = Memory.open()) {
            var events = memory.block((long) layout.size() * BATCH);
            while (!isClosed()) {
                long count =
                        calls.retry(
                                Syscall.EPOLL_PWAIT,
                                epoll.number(),
                                events.address(),
                                BATCH,
                                -1,
                                0,
                                8);
                SystemCalls.check(count, Syscall.EPOLL_PWAIT, epoll, "…", BATCH, -1, "NULL", 8);
                wake(layout.get(events, (int) count));
            }
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.ERROR, "the poller stops: no descriptor can be awaited", e);
            close();
        } finally {
            lock.lock();
            try {
                epoll.close();
                wakeUp.close();
            } finally {
                lock.unlock();
            }
        }
    }

    private boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    private void wake(List<EpollEvent.Occurred> events) {
        var ready = new ArrayList<Waiter>();
        lock.lock();
        try {
            for (var event : events) {
                var registration = byToken.get(event.token());
                if (registration != null) {
                    ready.addAll(wake(registration, event.events()));
                }
            }
        } finally {
            lock.unlock();
        }
        ready.forEach(waiter -> waiter.outcome.complete(null));
    }

    private List<Waiter> wake(Registration registration, int events) {
        var ready =
                registration.waiters.stream()
                        .filter(waiter -> (events & waiter.direction.wakes) != 0)
                        .toList();
        registration.waiters.removeAll(ready);
        if (registration.waiters.isEmpty()) {
            byDescriptor.remove(registration.fd);
            byToken.remove(registration.token);
        } else {
            rearm(registration);
        }
        return ready;
    }

    /** What a thread waits for. */
    private enum Direction {
        READ(EpollEvent.EPOLLIN | EpollEvent.EPOLLRDHUP),
        WRITE(EpollEvent.EPOLLOUT),
        PRIORITY(EpollEvent.EPOLLPRI);

        final int events;
        final int wakes;

        Direction(int events) {
            this.events = events;
            this.wakes = events | EpollEvent.EPOLLERR | EpollEvent.EPOLLHUP;
        }
    }

    /** Everybody who waits for one descriptor, under a token that is never used again. */
    private static final class Registration {
        final Fd fd;
        final long token;
        final List<Waiter> waiters = new ArrayList<>(2);

        Registration(Fd fd, long token) {
            this.fd = fd;
            this.token = token;
        }

        int events() {
            return waiters.stream().mapToInt(w -> w.direction.events).reduce(0, (a, b) -> a | b);
        }
    }

    /** One wait; completed outside of the lock, and by the poller's thread unless cancelled. */
    private static final class Waiter {
        final Registration registration;
        final Direction direction;
        final CompletableFuture<@Nullable Void> outcome = new CompletableFuture<>();

        Waiter(Registration registration, Direction direction) {
            this.registration = registration;
            this.direction = direction;
        }
    }
}
