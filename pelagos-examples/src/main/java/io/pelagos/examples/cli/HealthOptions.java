package io.pelagos.examples.cli;

import io.pelagos.core.ContainerBuilder;
import io.pelagos.core.spec.HealthCheck;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How it is found out whether a detached container does what it is for. */
final class HealthOptions {
    @Option(
            names = "--health-cmd",
            paramLabel = "SCRIPT",
            description = "Run this by the container's shell; 0 means healthy.")
    private @Nullable String command;

    @Option(
            names = "--health-tcp",
            paramLabel = "PORT",
            description = "Connect to this port inside the container.")
    private @Nullable Integer tcp;

    @Option(
            names = "--health-http",
            paramLabel = "PORT/PATH",
            description = "Ask this port of the container for a path.")
    private @Nullable String http;

    @Option(names = "--health-interval", paramLabel = "TIME", description = "Default: 30.")
    private @Nullable Duration interval;

    @Option(names = "--health-timeout", paramLabel = "TIME", description = "Default: 10.")
    private @Nullable Duration timeout;

    @Option(names = "--health-start-period", paramLabel = "TIME", description = "Default: 0.")
    private @Nullable Duration startPeriod;

    @Option(names = "--health-start-interval", paramLabel = "TIME", description = "Default: 5.")
    private @Nullable Duration startInterval;

    @Option(names = "--health-retries", paramLabel = "N", description = "Default: 3.")
    private @Nullable Integer retries;

    void applyTo(ContainerBuilder builder) {
        var test = test();
        if (test == null) {
            if (isTimed()) {
                throw new IllegalArgumentException(
                        "--health-…: takes --health-cmd, --health-tcp or --health-http");
            }
            return;
        }
        builder.healthCheck(timed(test));
    }

    private boolean isTimed() {
        return interval != null
                || timeout != null
                || startPeriod != null
                || startInterval != null
                || retries != null;
    }

    private HealthCheck timed(HealthCheck check) {
        var all =
                check.every(
                                interval == null ? check.interval() : interval,
                                timeout == null ? check.timeout() : timeout)
                        .starting(
                                startPeriod == null ? check.startPeriod() : startPeriod,
                                startInterval == null ? check.startInterval() : startInterval);
        return retries == null ? all : all.retries(retries);
    }

    private @Nullable HealthCheck test() {
        if (command != null) {
            return HealthCheck.command("/bin/sh", "-c", command);
        }
        if (tcp != null) {
            return HealthCheck.tcp(tcp);
        }
        if (http == null) {
            return null;
        }
        int slash = http.indexOf('/');
        if (!http.matches("[0-9]{1,5}/.*")) {
            throw new IllegalArgumentException("--health-http \"" + http + "\": must be PORT/PATH");
        }
        return HealthCheck.http(Integer.parseInt(http.substring(0, slash)), http.substring(slash));
    }

    void refuseWithoutDetach() {
        if (test() != null || isTimed()) {
            throw new IllegalArgumentException("--health-…: takes --detach");
        }
    }
}
