package io.pelagos.core.internal.launch;

import io.pelagos.core.kernel.ErrnoException;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One thing made ahead, because making it when it is needed would take long.
 *
 * <p>Whoever needs the first one makes it himself. From the second on one is made in the
 * background, by a thread that nobody else uses, each time that somebody says so.
 *
 * @param <T> what is made
 */
public final class Spare<T extends AutoCloseable> implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Spare.class.getName());

    private final String name;
    private final boolean ahead;
    private final Supplier<? extends Maker<T>> makers;

    /** Guards all that follows. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Condition changed = lock.newCondition();
    private @Nullable Thread thread;
    private @Nullable T spare;
    private int started;
    private boolean wanted;
    private boolean making;
    private boolean closed;

    /**
     * Makes things, always by the same thread.
     *
     * @param <T> what is made
     */
    public interface Maker<T> extends AutoCloseable {
        /**
         * Makes one.
         *
         * @return it; empty when none can be had on this machine
         */
        Optional<T> make();

        @Override
        void close();
    }

    /**
     * Prepares; no thread is started yet.
     *
     * @param name the name of the thread
     * @param ahead whether anything is made ahead at all
     * @param makers gives the thread what it makes things with
     */
    public Spare(String name, boolean ahead, Supplier<? extends Maker<T>> makers) {
        this.name = name;
        this.ahead = ahead;
        this.makers = makers;
    }

    /** Gives the spare away, if there is one. */
    public Optional<T> take() {
        lock.lock();
        try {
            var taken = Optional.ofNullable(spare);
            spare = null;
            return taken;
        } finally {
            lock.unlock();
        }
    }

    /** Has the next one made: now, because whoever needed one is on the way. */
    public void replenish() {
        lock.lock();
        try {
            started++;
            if (!ahead || started < 2 || spare != null || closed) {
                return;
            }
            wanted = true;
            changed.signalAll();
            if (thread == null) {
                thread = Thread.ofPlatform().daemon().name(name).start(this::makeSpares);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Acts while there is no spare and none is being made. */
    public void without(Runnable action) {
        lock.lock();
        try {
            while (making) {
                changed.awaitUninterruptibly();
            }
            discard();
            action.run();
        } finally {
            lock.unlock();
        }
    }

    private void makeSpares() {
        try (var maker = makers.get()) {
            while (awaitWish()) {
                var made = Optional.<T>empty();
                try {
                    made = maker.make();
                } finally {
                    keep(made.orElse(null));
                }
            }
        } catch (RuntimeException e) {
            // Whoever needs one makes it, and reports what is wrong if that fails too.
            LOG.log(System.Logger.Level.DEBUG, "making something ahead in " + name, e);
        }
    }

    /** Returns false when there will be no more. */
    private boolean awaitWish() {
        lock.lock();
        try {
            while (!wanted && !closed) {
                changed.awaitUninterruptibly();
            }
            wanted = false;
            making = !closed;
            return making;
        } finally {
            lock.unlock();
        }
    }

    private void keep(@Nullable T made) {
        lock.lock();
        try {
            making = false;
            changed.signalAll();
            if (!closed && spare == null) {
                spare = made;
            } else {
                close(made);
            }
        } finally {
            lock.unlock();
        }
    }

    private void discard() {
        var last = spare;
        spare = null;
        close(last);
    }

    private static void close(@Nullable AutoCloseable thing) {
        if (thing == null) {
            return;
        }
        try {
            thing.close();
        } catch (ErrnoException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException("closing " + thing, e);
        }
    }

    @Override
    public void close() {
        Thread last;
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
            last = thread;
            discard();
        } finally {
            lock.unlock();
        }
        if (last != null) {
            awaitEnd(last);
        }
    }

    private static void awaitEnd(Thread thread) {
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
}
