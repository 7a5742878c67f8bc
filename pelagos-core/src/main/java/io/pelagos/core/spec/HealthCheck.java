package io.pelagos.core.spec;

import java.time.Duration;
import java.util.List;

/**
 * How it is found out whether a container does what it is for.
 *
 * @param test what is tried
 * @param interval how long to wait between two tries
 * @param timeout how long a try may take
 * @param startPeriod how long after the start failures do not count
 * @param startInterval how long to wait between two tries in that time
 * @param retries how many failures in a row make a container unhealthy
 */
public record HealthCheck(
        Test test,
        Duration interval,
        Duration timeout,
        Duration startPeriod,
        Duration startInterval,
        int retries) {
    /** What is tried. */
    public sealed interface Test {}

    /**
     * A GET request from inside the network namespace, which succeeds with a status from 200 to
     * 399.
     *
     * @param port the TCP port on the loopback address
     * @param path what is asked for, beginning with a slash
     */
    public record Http(int port, String path) implements Test {
        /** Checks both. */
        public Http {
            checkPort(port);
            if (!path.matches("/[\\x21-\\x7e]*")) {
                throw new IllegalArgumentException(
                        "path \"" + path + "\": must begin with a slash and be printable ASCII");
            }
        }
    }

    /**
     * A TCP connection from inside the network namespace.
     *
     * @param port the port on the loopback address
     */
    public record Tcp(int port) implements Test {
        /** Checks the port. */
        public Tcp {
            checkPort(port);
        }
    }

    /**
     * A program of the container, run in it like any further process; healthy when it exits with 0.
     *
     * @param command the program, then its arguments
     */
    public record Command(List<String> command) implements Test {
        /** Checks that there is a program, and copies the list. */
        public Command {
            command = List.copyOf(command);
            if (command.isEmpty() || command.getFirst().isEmpty()) {
                throw new IllegalArgumentException("command " + command + ": names no program");
            }
        }
    }

    private static void checkPort(int port) {
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException("port " + port + ": must be from 1 to 65535");
        }
    }

    /** Checks the numbers. */
    public HealthCheck {
        positive("interval", interval);
        positive("timeout", timeout);
        positive("startInterval", startInterval);
        if (startPeriod.isNegative()) {
            throw new IllegalArgumentException(
                    "startPeriod " + startPeriod + ": must not be negative");
        }
        if (retries < 1) {
            throw new IllegalArgumentException("retries " + retries + ": must be at least 1");
        }
    }

    private static void positive(String what, Duration duration) {
        if (duration.isNegative() || duration.isZero()) {
            throw new IllegalArgumentException(what + " " + duration + ": must be positive");
        }
    }

    /**
     * Checks with an HTTP request.
     *
     * @param port the TCP port on the loopback address of the container
     * @param path what is asked for, beginning with a slash
     * @return the check, with an interval of 30 s, a timeout of 10 s and 3 retries
     */
    public static HealthCheck http(int port, String path) {
        return of(new Http(port, path));
    }

    /**
     * Checks with a TCP connection.
     *
     * @param port the port on the loopback address of the container
     * @return the check, with an interval of 30 s, a timeout of 10 s and 3 retries
     */
    public static HealthCheck tcp(int port) {
        return of(new Tcp(port));
    }

    /**
     * Checks by running a program in the container.
     *
     * @param command the program, then its arguments
     * @return the check, with an interval of 30 s, a timeout of 10 s and 3 retries
     */
    public static HealthCheck command(String... command) {
        return of(new Command(List.of(command)));
    }

    private static HealthCheck of(Test test) {
        return new HealthCheck(
                test,
                Duration.ofSeconds(30),
                Duration.ofSeconds(10),
                Duration.ZERO,
                Duration.ofSeconds(5),
                3);
    }

    /**
     * Changes the times.
     *
     * @param interval how long to wait between two tries
     * @param timeout how long a try may take
     * @return a new check
     */
    public HealthCheck every(Duration interval, Duration timeout) {
        return new HealthCheck(test, interval, timeout, startPeriod, startInterval, retries);
    }

    /**
     * Changes the beginning.
     *
     * @param period how long after the start failures do not count
     * @param interval how long to wait between two tries in that time
     * @return a new check
     */
    public HealthCheck starting(Duration period, Duration interval) {
        return new HealthCheck(test, this.interval, timeout, period, interval, retries);
    }

    /**
     * Changes the number of failures.
     *
     * @param failures how many in a row make a container unhealthy
     * @return a new check
     */
    public HealthCheck retries(int failures) {
        return new HealthCheck(test, interval, timeout, startPeriod, startInterval, failures);
    }
}
