package io.pelagos.core;

import io.pelagos.core.internal.cgroup.CgroupWatch;
import io.pelagos.core.kernel.ErrnoException;
import io.pelagos.core.kernel.Poller;
import io.pelagos.core.kernel.SystemCalls;
import java.nio.channels.ClosedChannelException;
import java.util.Optional;
import java.util.concurrent.Flow;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One subscriber to what the kernel tells of a cgroup. A virtual thread of its own waits by the
 * poller, reads what there is, and calls the subscriber, one call after the other; what happens
 * while the subscriber is busy or has not requested anything is one item in the end.
 *
 * @param <T> what the subscriber gets
 */
final class CgroupSubscription<T> implements Flow.Subscription {
    private static final System.Logger LOG = System.getLogger(CgroupSubscription.class.getName());

    private final Poller poller;
    private final SystemCalls calls;
    private final CgroupWatch watch;
    private final Supplier<Optional<T>> reader;
    private final Supplier<Optional<T>> record;
    private final boolean onlyChanges;
    private final Flow.Subscriber<? super T> subscriber;
    private final Runnable release;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    /** Guarded by the lock, as the others that follow. */
    private long demand;

    private boolean cancelled;
    private boolean ended;
    private boolean over;
    private @Nullable IllegalArgumentException refused;
    private @Nullable T last;

    /** Why nothing could be read at the beginning. */
    private @Nullable RuntimeException unreadable;

    /** What there was when the container had ended. */
    private @Nullable T finalItem;

    /**
     * Makes a subscription.
     *
     * @param watch what tells; closed in the end
     * @param reader reads what there is; nothing when the cgroup has gone
     * @param record reads what was left when the cgroup was removed by somebody else
     * @param onlyChanges whether an item that equals the one before is passed over
     * @param release is run in the end
     */
    CgroupSubscription(
            Poller poller,
            SystemCalls calls,
            CgroupWatch watch,
            Supplier<Optional<T>> reader,
            Supplier<Optional<T>> record,
            boolean onlyChanges,
            Flow.Subscriber<? super T> subscriber,
            Runnable release) {
        this.poller = poller;
        this.calls = calls;
        this.watch = watch;
        this.reader = reader;
        this.record = record;
        this.onlyChanges = onlyChanges;
        this.subscriber = subscriber;
        this.release = release;
    }

    void start(String name) {
        try {
            last = onlyChanges ? readUnlessEnded().orElse(null) : null;
        } catch (RuntimeException e) {
            unreadable = e;
        }
        Thread.ofVirtual().name("pelagos-cgroup-" + name).start(this::run);
    }

    private Optional<T> read() {
        try {
            return reader.get();
        } catch (ErrnoException e) {
            return switch (e.errno()) {
                case ENOENT, ENODEV -> Optional.empty();
                default -> throw e;
            };
        }
    }

    /** The files of the cgroup are closed soon after the end. */
    private Optional<T> readUnlessEnded() {
        lock.lock();
        try {
            return ended ? Optional.empty() : read();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void request(long n) {
        locked(
                () -> {
                    if (n <= 0) {
                        refused = new IllegalArgumentException("request " + n + ": must be > 0");
                    } else {
                        demand = demand + n < 0 ? Long.MAX_VALUE : demand + n;
                    }
                });
    }

    @Override
    public void cancel() {
        locked(() -> cancelled = true);
        poller.cancel(watch.fd());
    }

    /** The container has ended, and its cgroup is about to be removed. */
    void end() {
        locked(
                () -> {
                    if (onlyChanges && !ended) {
                        finalItem = atTheEnd(this::read);
                    }
                    ended = true;
                });
        poller.cancel(watch.fd());
    }

    /** What happens at the end of a container must happen, whatever can be read. */
    private @Nullable T atTheEnd(Supplier<Optional<T>> from) {
        try {
            return from.get().orElse(null);
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "what happened last is not told", e);
            return null;
        }
    }

    private void locked(Runnable action) {
        lock.lock();
        try {
            action.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        try (watch) {
            subscriber.onSubscribe(this);
            if (unreadable != null) {
                throw unreadable;
            }
            deliver();
        } catch (ErrnoException e) {
            cancel();
            subscriber.onError(SyscallFailedException.of("watching a cgroup", e));
        } catch (RuntimeException | Error e) {
            cancel();
            subscriber.onError(e);
        } finally {
            locked(() -> over = true);
            release.run();
        }
    }

    boolean isOver() {
        lock.lock();
        try {
            return over;
        } finally {
            lock.unlock();
        }
    }

    private void deliver() {
        while (awaitDemand() && awaitEvent()) {
            watch.take(calls);
            var now = readUnlessEnded();
            if (now.isEmpty()) {
                break;
            }
            if (tellsOfItself() || !now.get().equals(last)) {
                tell(now.get());
            }
        }
        complete();
    }

    private void complete() {
        T rest = null;
        IllegalArgumentException wrong;
        boolean silent;
        boolean wanted;
        lock.lock();
        try {
            silent = cancelled;
            wrong = refused;
            wanted = demand > 0;
            if (wanted) {
                rest = finalItem;
            }
        } finally {
            lock.unlock();
        }
        if (silent) {
            return;
        }
        if (wrong != null) {
            subscriber.onError(wrong);
            return;
        }
        if (rest == null && wanted) {
            rest = atTheEnd(record);
        }
        if (rest != null && !rest.equals(last)) {
            tell(rest);
        }
        subscriber.onComplete();
    }

    /** In version 1 memory has run out before any counter shows it. */
    private boolean tellsOfItself() {
        return !onlyChanges || watch.signal() == CgroupWatch.Signal.COUNTER;
    }

    private void tell(T item) {
        last = item;
        locked(() -> demand--);
        subscriber.onNext(item);
    }

    /** Waits until something may be delivered; false when there is nothing to wait for. */
    private boolean awaitDemand() {
        lock.lock();
        try {
            while (demand <= 0 && !cancelled && !ended && refused == null) {
                changed.awaitUninterruptibly();
            }
            return !cancelled && !ended && refused == null;
        } finally {
            lock.unlock();
        }
    }

    private boolean awaitEvent() {
        try {
            if (watch.signal() == CgroupWatch.Signal.COUNTER) {
                poller.awaitReadable(watch.fd());
            } else {
                poller.awaitPriority(watch.fd());
            }
            return true;
        } catch (ClosedChannelException e) {
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts this thread", e);
        }
    }
}
