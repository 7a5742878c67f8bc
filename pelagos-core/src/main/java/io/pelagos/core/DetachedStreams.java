package io.pelagos.core;

import io.pelagos.core.internal.state.ContainerState.Status;
import io.pelagos.core.spec.Exit;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * The way to what a detached container reads and writes: its logs, and the input or the terminal
 * that its supervisor keeps open.
 */
final class DetachedStreams {
    private static final System.Logger LOG = System.getLogger(DetachedStreams.class.getName());

    private final Engine engine;
    private final DetachedContainer container;

    DetachedStreams(Engine engine, DetachedContainer container) {
        this.engine = engine;
        this.container = container;
    }

    /** Passes on what it writes from now on. */
    Exit attach(OutputStream stdout, OutputStream stderr) throws IOException, InterruptedException {
        container.logs().copyNew(stdout, stderr, () -> {});
        return container.waitFor();
    }

    /** Passes on what it writes from now on, and to it what a stream has. */
    Exit attach(InputStream stdin, OutputStream stdout, OutputStream stderr)
            throws IOException, InterruptedException {
        try (var input = stdin()) {
            var typing =
                    Thread.ofPlatform()
                            .daemon()
                            .name("pelagos-input-" + container.name())
                            .unstarted(() -> copy(stdin, input));
            // The answer to what is typed is among what is written from then on.
            container.logs().copyNew(stdout, stderr, typing::start);
            return container.waitFor();
        }
    }

    private static void copy(InputStream from, DetachedInput to) {
        try {
            from.transferTo(to);
            to.end();
        } catch (IOException | PelagosException e) {
            // It has ended, or does not read any more.
            LOG.log(System.Logger.Level.DEBUG, "passing on standard input", e);
        }
    }

    /** Opens its standard input. */
    DetachedInput stdin() {
        var state = container.state();
        var name = container.name();
        var supervisor = state.run().supervisor();
        if (state.status() != Status.RUNNING || supervisor == null) {
            throw ContainerStateException.ended(name, "it reads nothing any more");
        }
        if (state.run().stdin() == 0) {
            throw ContainerStateException.of(
                    name,
                    "the standard input of "
                            + name
                            + " is not kept open: start it with a pipe as its stdin");
        }
        return DetachedInput.open(
                engine, name, supervisor, state.run().stdin(), state.run().terminal());
    }

    /** Opens the terminal that it was started with. */
    Terminal terminal() {
        if (!hasTerminal()) {
            throw ContainerStateException.of(
                    container.name(),
                    "the container " + container.name() + " does not run, or has no terminal");
        }
        var input = stdin();
        return Terminal.elsewhere(
                engine.calls(), new DetachedOutput(container), input, input::resize);
    }

    boolean hasTerminal() {
        var state = container.state();
        return state.status() == Status.RUNNING && state.run().terminal();
    }

    boolean hasStdin() {
        var state = container.state();
        return state.status() == Status.RUNNING && state.run().stdin() != 0;
    }
}
