package io.pelagos.core.kernel;

import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * An open descriptor of this JVM, closed exactly once.
 *
 * <p>A descriptor that becomes unreachable without having been closed is closed and reported in the
 * log of this class; when assertions are on, with the place where it was opened.
 */
public final class Fd implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Fd.class.getName());
    private static final Cleaner CLEANER =
            Cleaner.create(Thread.ofPlatform().name("pelagos-fd-cleaner").daemon().factory());

    private final State state;
    private final Cleaner.Cleanable cleanable;
    private volatile boolean retired;

    private Fd(Kernel kernel, int number, String what) {
        Throwable origin = null;
        assert (origin = new Throwable("opened here")) != null;
        state = new State(kernel, number, what, origin);
        cleanable = CLEANER.register(this, state);
    }

    /**
     * Takes a descriptor into care.
     *
     * @param kernel whose descriptor it is
     * @param number its number
     * @param what what it refers to, for messages
     * @return the descriptor
     */
    public static Fd of(Kernel kernel, int number, String what) {
        if (number < 0) {
            throw new IllegalArgumentException("descriptor number " + number + " for " + what);
        }
        return new Fd(kernel, number, what);
    }

    /**
     * Returns the number.
     *
     * @return zero or more
     * @throws IllegalStateException when it was closed or given away
     */
    public int number() {
        int number = state.number.get();
        if (number < 0) {
            throw new IllegalStateException("the descriptor of " + state.what + " is closed");
        }
        return number;
    }

    /**
     * Tells whether the descriptor is still open.
     *
     * @return false once it was closed or given away
     */
    public boolean isOpen() {
        return state.number.get() >= 0;
    }

    /** Refuses every later wait for this descriptor, which is about to be closed. */
    void retire() {
        retired = true;
    }

    /** Tells whether waiting for this descriptor is refused, because it is about to be closed. */
    boolean isRetired() {
        return retired;
    }

    /**
     * Gives the descriptor away: whoever takes the number closes it.
     *
     * @return the number
     */
    public int release() {
        int number = state.number.getAndSet(State.CLOSED);
        if (number < 0) {
            throw new IllegalStateException("the descriptor of " + state.what + " is closed");
        }
        cleanable.clean();
        return number;
    }

    /**
     * Gives the descriptor to another object, so that closing this one does nothing.
     *
     * @return the descriptor, open
     */
    public Fd moved() {
        return new Fd(state.kernel, release(), state.what);
    }

    /** Closes the descriptor; a second call does nothing. */
    @Override
    public void close() {
        state.close();
        cleanable.clean();
    }

    @Override
    public String toString() {
        int number = state.number.get();
        return state.what + (number < 0 ? " (closed)" : " (descriptor " + number + ")");
    }

    /** What the cleaner may see: everything but the {@link Fd}. */
    private static final class State implements Runnable {
        static final int CLOSED = -1;
        final Kernel kernel;
        final AtomicInteger number;
        final String what;
        final @Nullable Throwable origin;

        State(Kernel kernel, int number, String what, @Nullable Throwable origin) {
            this.kernel = kernel;
            this.number = new AtomicInteger(number);
            this.what = what;
            this.origin = origin;
        }

        void close() {
            int fd = number.getAndSet(CLOSED);
            if (fd >= 0) {
                // close(2) frees the number whatever it returns; there is nothing to repeat.
                long ignored = kernel.call(Syscall.CLOSE, fd);
            }
        }

        @Override
        public void run() {
            int fd = number.get();
            if (fd >= 0) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "the descriptor " + fd + " of " + what + " was never closed",
                        origin);
                close();
            }
        }
    }
}
