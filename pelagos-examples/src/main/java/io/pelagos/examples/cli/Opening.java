package io.pelagos.examples.cli;

import io.pelagos.core.Pelagos;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Opens {@link Pelagos} while the arguments are read: each of the two takes a cold JVM about as
 * long as the other. Opening looks at the machine and changes nothing on it.
 */
final class Opening implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Opening.class.getName());

    private final FutureTask<Pelagos> task = new FutureTask<>(Pelagos::open);

    /** Whether it is on its way, and nobody has asked for it yet. */
    private boolean begun;

    private Opening() {}

    /** Begins at once, beside the caller. */
    static Opening begin() {
        var opening = new Opening();
        opening.begun = true;
        Thread.ofPlatform().daemon().name("pelagos-open").start(opening.task);
        return opening;
    }

    /** Begins when it is first asked for. */
    static Opening later() {
        return new Opening();
    }

    /** Returns what was opened, which the caller closes, or throws what was thrown. */
    Pelagos pelagos() throws InterruptedException {
        begun = false;
        task.run();
        try {
            return task.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException failure -> throw failure;
                case Error error -> throw error;
                case null, default -> throw new IllegalStateException(e);
            }
        }
    }

    /** Closes what nobody has asked for, because the arguments were refused. */
    @Override
    public void close() {
        if (begun) {
            try {
                pelagos().close();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (RuntimeException e) {
                LOG.log(System.Logger.Level.DEBUG, "opening what was not needed", e);
            }
        }
    }
}
