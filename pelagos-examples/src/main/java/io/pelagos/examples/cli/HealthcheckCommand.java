package io.pelagos.examples.cli;

import io.pelagos.core.Pelagos;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Tries the health check of a container. */
@Command(
        name = "healthcheck",
        sortOptions = false,
        customSynopsis = "pelagos healthcheck run CONTAINER",
        description = "Try the health check of a container once, and tell what comes of it.",
        footer = {"", "The exit code is 0 when it succeeds, 1 when it fails, else 125."})
final class HealthcheckCommand extends ContainerCommand {
    private static final int UNHEALTHY = 1;

    /** What is done. */
    enum Action {
        /** Try it. */
        RUN
    }

    @Parameters(index = "0", paramLabel = "run", description = "Try it.")
    private Action action = Action.RUN;

    @Parameters(index = "1", paramLabel = "CONTAINER", description = "Which.")
    private String container = "";

    HealthcheckCommand(Surroundings surroundings) {
        super(surroundings);
    }

    @Override
    int call(Pelagos pelagos) {
        return switch (action) {
            case RUN -> {
                boolean healthy = pelagos.containers().find(container).checkHealth();
                out().println(healthy ? "healthy" : "unhealthy");
                yield healthy ? 0 : UNHEALTHY;
            }
        };
    }
}
