package io.pelagos.core;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The standard streams of a process that this JVM has started, or the terminal in their place.
 *
 * @param owner the process, for messages
 * @param stdios its streams; what is not a pipe is none
 * @param terminal its terminal, or null when it has none
 */
record ProcessStreams(String owner, Stdios stdios, @Nullable Terminal terminal)
        implements AutoCloseable {
    Container.Input stdin() {
        return pipe(stdios.stdin(), "standard input");
    }

    Container.Output stdout() {
        return pipe(stdios.stdout(), "standard output");
    }

    Container.Output stderr() {
        return pipe(stdios.stderr(), "standard error");
    }

    private <T> T pipe(@Nullable T stream, String what) {
        if (stream == null) {
            throw new IllegalStateException(what + " of " + owner + " is not a pipe");
        }
        return stream;
    }

    /** Returns the terminal, which must be there. */
    Terminal requireTerminal() {
        if (terminal == null) {
            throw new IllegalStateException(owner + " has no terminal");
        }
        return terminal;
    }

    /** Returns the outputs that go through this JVM, by their numbers. */
    Map<Integer, OutputTap> taps() {
        return terminal == null ? stdios.taps() : Map.of(1, terminal.tap());
    }

    /** Waits until the channels have all that was written; nobody writes any more. */
    void awaitCopied() throws InterruptedException {
        stdios.awaitCopied();
    }

    @Override
    public void close() {
        stdios.close();
        if (terminal != null) {
            terminal.close();
        }
    }
}
