package io.pelagos.core;

import io.pelagos.core.kernel.Fd;
import io.pelagos.core.kernel.SystemCalls;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One network namespace made ahead, because making it takes the kernel as long as everything else
 * in the start of a container together.
 *
 * <p>The first container pays for its own. From the second on one is made in the background each
 * time a container sets itself up, unused and with nothing in it but the loopback device. Only a
 * descriptor of this JVM keeps it alive, so it goes when the JVM does.
 */
final class SpareNetworks implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(SpareNetworks.class.getName());

    private final SystemCalls calls;
    private final boolean ahead;

    /** Guards all that follows. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Condition changed = lock.newCondition();
    private @Nullable Thread maker;
    private @Nullable Fd spare;
    private int started;
    private boolean wanted;
    private boolean closed;

    SpareNetworks(SystemCalls calls, boolean ahead) {
        this.calls = calls;
        this.ahead = ahead;
    }

    /** Gives the spare away, if there is one. */
    Optional<Fd> take() {
        lock.lock();
        try {
            var taken = Optional.ofNullable(spare);
            spare = null;
            return taken;
        } finally {
            lock.unlock();
        }
    }

    /** Has the next one made: now, because the container that needed one is on its way. */
    void replenish() {
        lock.lock();
        try {
            started++;
            if (!ahead || started < 2 || spare != null || closed) {
                return;
            }
            wanted = true;
            changed.signal();
            if (maker == null) {
                maker =
                        Thread.ofPlatform()
                                .daemon()
                                .name("pelagos-network")
                                .start(this::makeSpares);
            }
        } finally {
            lock.unlock();
        }
    }

    private void makeSpares() {
        try (var network = new NetworkMaker(calls)) {
            while (awaitWish()) {
                keep(network.make());
            }
        } catch (RuntimeException e) {
            // The next container makes its own, and reports what is wrong if that fails too.
            LOG.log(System.Logger.Level.DEBUG, "making a network namespace ahead", e);
        }
    }

    private void keep(Fd made) {
        lock.lock();
        try {
            if (closed || spare != null) {
                made.close();
            } else {
                spare = made;
            }
        } finally {
            lock.unlock();
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
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        Thread last;
        lock.lock();
        try {
            closed = true;
            changed.signal();
            last = maker;
            if (spare != null) {
                spare.close();
                spare = null;
            }
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
