package io.pelagos.core.internal.launch;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Makes things before they are needed, in a thread that nobody else uses, one after the other: two
 * threads would take the processor from the container that is being set up meanwhile.
 */
public final class Ahead implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Ahead.class.getName());

    private final boolean enabled;

    /** Guards everything here and in the spares. */
    final ReentrantLock lock = new ReentrantLock();

    final Condition changed = lock.newCondition();

    /** The first is made first. */
    private final List<Spare<?>> spares = new ArrayList<>();

    private @Nullable Thread thread;
    private boolean closed;

    /**
     * Prepares; no thread is started yet.
     *
     * @param enabled whether anything is made ahead at all
     */
    public Ahead(boolean enabled) {
        this.enabled = enabled;
    }

    /** Takes in what is to be made. */
    void add(Spare<?> spare) {
        lock.lock();
        try {
            spares.add(spare);
        } finally {
            lock.unlock();
        }
    }

    /** Tells whether something will still be made; the lock is held. */
    boolean works() {
        return enabled && !closed;
    }

    /** Has what is wanted made; the lock is held. */
    void wake() {
        changed.signalAll();
        if (thread == null) {
            thread = Thread.ofPlatform().daemon().name("pelagos-ahead").start(this::work);
        }
    }

    private void work() {
        var makers = new HashMap<Spare<?>, Spare.Maker<?>>();
        try {
            for (var next = next(); next != null; next = next()) {
                if (!make(next, makers)) {
                    return;
                }
            }
        } finally {
            makers.values().forEach(Spare.Maker::close);
            ended();
        }
    }

    /** Waits for a wish; null when there will be none. */
    private @Nullable Spare<?> next() {
        lock.lock();
        try {
            while (!closed) {
                for (var spare : spares) {
                    if (spare.begin()) {
                        return spare;
                    }
                }
                changed.awaitUninterruptibly();
            }
            return null;
        } finally {
            lock.unlock();
        }
    }

    /** Returns false when this thread may be in a state that nothing else can be made in. */
    private static <T extends AutoCloseable> boolean make(
            Spare<T> spare, Map<Spare<?>, Spare.Maker<?>> makers) {
        try {
            spare.make(makers);
            return true;
        } catch (RuntimeException e) {
            // Whoever needs one makes it, and reports what is wrong if that fails too.
            LOG.log(System.Logger.Level.DEBUG, "making something ahead", e);
            return false;
        }
    }

    /** Another thread makes what is still wanted, but for what has failed. */
    private void ended() {
        lock.lock();
        try {
            thread = null;
            if (!closed && spares.stream().anyMatch(Spare::isWanted)) {
                wake();
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Ends the thread, and waits until it has ended. The spares are closed by whoever has them. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
            while (thread != null) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }
}
