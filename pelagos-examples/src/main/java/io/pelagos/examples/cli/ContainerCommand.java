package io.pelagos.examples.cli;

import io.pelagos.core.Pelagos;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;

/** A command about detached containers. */
abstract class ContainerCommand implements Callable<Integer>, Debuggable {
    /** Where the command writes, and what it asks. */
    record Surroundings(PrintWriter out, PrintWriter err) {}

    @Mixin private StandardOptions standard = new StandardOptions();

    private final Surroundings surroundings;

    ContainerCommand(Surroundings surroundings) {
        this.surroundings = surroundings;
    }

    @Override
    public final boolean debug() {
        return standard.debug();
    }

    @Override
    public final Integer call() throws InterruptedException, IOException {
        try (var pelagos = Pelagos.open()) {
            return call(pelagos);
        } finally {
            out().flush();
        }
    }

    /** Does it, and returns the exit code. */
    abstract int call(Pelagos pelagos) throws InterruptedException, IOException;

    final PrintWriter out() {
        return surroundings.out();
    }

    final PrintWriter err() {
        return surroundings.err();
    }
}
