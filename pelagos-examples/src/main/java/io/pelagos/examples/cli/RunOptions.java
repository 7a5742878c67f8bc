package io.pelagos.examples.cli;

import io.pelagos.core.ContainerBuilder;
import io.pelagos.core.spec.ContainerSpec.Supervision;
import io.pelagos.core.spec.Stdio;
import java.time.Duration;
import picocli.CommandLine.Option;

/** How the command line and the container go together. */
final class RunOptions {
    @Option(
            names = {"-i", "--interactive"},
            description = "Pass standard input on; without it there is none.")
    private boolean interactive;

    @Option(
            names = {"-t", "--tty"},
            description =
                    "Give it a terminal, and show that in this one; control-P control-Q leaves it.")
    private boolean terminal;

    @Option(
            names = {"-d", "--detach"},
            description =
                    "Do not wait: print the container's id and leave it running, without streams.")
    private boolean detach;

    @Option(
            names = "--stop-timeout",
            paramLabel = "TIME",
            description = "How long it may take to end when asked to (default: 10).")
    private Duration stopTimeout = Duration.ofSeconds(10);

    /** For scripts that were written for docker. */
    @SuppressWarnings("UnusedVariable")
    @Option(names = "--rm", description = "Does nothing: what has ended is always removed.")
    private boolean remove;

    boolean detach() {
        return detach;
    }

    boolean interactive() {
        return interactive;
    }

    boolean terminal() {
        return terminal;
    }

    Duration stopTimeout() {
        return stopTimeout;
    }

    void applyTo(ContainerBuilder builder) {
        if (terminal) {
            builder.terminal();
            if (detach) {
                builder.supervision(Supervision.DETACHED);
            }
            return;
        }
        builder.stdin(interactive ? Stdio.INHERIT : Stdio.NULL);
        if (detach) {
            builder.supervision(Supervision.DETACHED).stdout(Stdio.NULL).stderr(Stdio.NULL);
        } else {
            builder.stdout(Stdio.INHERIT).stderr(Stdio.INHERIT);
        }
    }
}
