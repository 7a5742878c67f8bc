package io.pelagos.examples.cli;

import io.pelagos.core.ContainerBuilder;
import io.pelagos.core.spec.ContainerSpec.Supervision;
import io.pelagos.core.spec.Restart;
import io.pelagos.core.spec.Stdio;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How the command line and the container go together. */
final class RunOptions {
    @Option(
            names = {"-i", "--interactive"},
            description =
                    "Pass standard input on; without it there is none. With --detach it is kept"
                            + " open for attach.")
    private boolean interactive;

    @Option(
            names = {"-t", "--tty"},
            description =
                    "Give it a terminal, and show that in this one; control-P control-Q leaves it.")
    private boolean terminal;

    @Option(
            names = {"-d", "--detach"},
            description = "Do not wait: print the container's id and leave it running; see logs.")
    private boolean detach;

    @Option(
            names = "--stop-timeout",
            paramLabel = "TIME",
            description = "How long it may take to end when asked to (default: 10).")
    private Duration stopTimeout = Duration.ofSeconds(10);

    @Option(
            names = "--rm",
            description = "Remove a detached one when it has ended; others always are.")
    private boolean remove;

    @Option(
            names = "--restart",
            paramLabel = "no|on-failure[:N]|always|unless-stopped",
            description = "When a detached one is started again, by whatever pelagos is there.")
    private @Nullable Restart restart;

    @Mixin private HealthOptions health = new HealthOptions();

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
        if (detach) {
            applyDetached(builder);
            return;
        }
        if (restart != null) {
            throw new IllegalArgumentException("--restart " + restart + ": takes --detach");
        }
        health.refuseWithoutDetach();
        if (terminal) {
            builder.terminal();
            return;
        }
        builder.stdin(interactive ? Stdio.INHERIT : Stdio.NULL);
        builder.stdout(Stdio.INHERIT).stderr(Stdio.INHERIT);
    }

    private void applyDetached(ContainerBuilder builder) {
        if (terminal) {
            builder.terminal();
        }
        builder.supervision(Supervision.DETACHED)
                .stdin(interactive || terminal ? Stdio.PIPE : Stdio.NULL);
        builder.stdout(Stdio.PIPE).stderr(Stdio.PIPE);
        if (remove) {
            builder.removeAtExit();
        }
        if (restart != null) {
            builder.restart(restart);
        }
        health.applyTo(builder);
    }
}
