package io.pelagos.core.internal.launch;

import io.pelagos.core.kernel.ErrnoException;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One thing made ahead, because making it when it is needed would take long.
 *
 * <p>Whoever needs the first one makes it himself. From the second on one is made in the background
 * each time that somebody says so.
 *
 * @param <T> what is made
 */
public final class Spare<T extends AutoCloseable> implements AutoCloseable {
    private final Ahead ahead;
    private final Supplier<? extends Maker<T>> makers;

    // The lock of ahead guards all that follows.
    private @Nullable T spare;
    private int started;
    private boolean wanted;
    private boolean making;
    private boolean closed;

    /**
     * Makes things, always in the same thread.
     *
     * @param <T> what is made
     */
    public interface Maker<T> extends AutoCloseable {
        /**
         * Makes one. After a failure the thread is not used for anything else.
         *
         * @return it; empty when none can be had on this machine
         */
        Optional<T> make();

        @Override
        void close();
    }

    /**
     * Prepares.
     *
     * @param ahead whose thread makes it
     * @param makers gives the thread what it makes things with
     */
    public Spare(Ahead ahead, Supplier<? extends Maker<T>> makers) {
        this.ahead = ahead;
        this.makers = makers;
        ahead.add(this);
    }

    /** Gives the spare away, if there is one. */
    public Optional<T> take() {
        ahead.lock.lock();
        try {
            var taken = Optional.ofNullable(spare);
            spare = null;
            return taken;
        } finally {
            ahead.lock.unlock();
        }
    }

    /** Has the next one made: now, because whoever needed one is on the way. */
    public void replenish() {
        ahead.lock.lock();
        try {
            started++;
            if (started < 2 || spare != null || closed || !ahead.works()) {
                return;
            }
            wanted = true;
            ahead.wake();
        } finally {
            ahead.lock.unlock();
        }
    }

    /** Acts while there is no spare and none is being made. */
    public void without(Runnable action) {
        ahead.lock.lock();
        try {
            while (making) {
                ahead.changed.awaitUninterruptibly();
            }
            discard();
            action.run();
        } finally {
            ahead.lock.unlock();
        }
    }

    /** Tells whether one is to be made; the lock is held. */
    boolean isWanted() {
        return wanted && !closed;
    }

    /** Begins to make one, if one is to be made; the lock is held. */
    boolean begin() {
        making = isWanted();
        wanted = false;
        return making;
    }

    /** Makes one with the maker of this thread; the lock is not held. */
    void make(Map<Spare<?>, Maker<?>> ofThread) {
        var made = Optional.<T>empty();
        boolean failed = true;
        try {
            // What was put in under this spare came from its own supplier.
            @SuppressWarnings("unchecked")
            var maker = (Maker<T>) ofThread.computeIfAbsent(this, _ -> makers.get());
            made = maker.make();
            failed = false;
        } finally {
            keep(made.orElse(null), failed);
        }
    }

    private void keep(@Nullable T made, boolean failed) {
        ahead.lock.lock();
        try {
            making = false;
            closed |= failed;
            ahead.changed.signalAll();
            if (!closed && spare == null) {
                spare = made;
            } else {
                close(made);
            }
        } finally {
            ahead.lock.unlock();
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

    /** Closes the spare, and what is being made when it is there. */
    @Override
    public void close() {
        ahead.lock.lock();
        try {
            closed = true;
            discard();
        } finally {
            ahead.lock.unlock();
        }
    }
}
