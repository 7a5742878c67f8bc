package io.pelagos.core;

import io.pelagos.core.spec.HealthCheck;
import java.util.regex.Pattern;

/** What it means that a container is ready. */
public sealed interface Ready {
    /**
     * It has written a line in which a pattern is found, since its start, to either stream.
     *
     * @param pattern what is found in the line
     */
    record Log(Pattern pattern) implements Ready {}

    /**
     * Somebody in its network namespace listens on a TCP port. Read from the tables of the kernel;
     * nothing connects.
     *
     * @param port the port
     */
    record Port(int port) implements Ready {
        /** Checks the port. */
        public Port {
            if (port < 1 || port > 65535) {
                throw new IllegalArgumentException("port " + port + ": must be from 1 to 65535");
            }
        }
    }

    /**
     * It answers a GET request from inside its network namespace with a status from 200 to 399.
     *
     * @param request the port and the path
     */
    record Http(HealthCheck.Http request) implements Ready {}

    /** Its health check has succeeded. */
    record Healthy() implements Ready {}

    /** It has ended with exit code 0. */
    record Exited() implements Ready {}

    /**
     * Ready when it has written a line that contains a pattern.
     *
     * @param regex a regular expression
     * @return the condition
     */
    static Ready log(String regex) {
        return new Log(Pattern.compile(regex));
    }

    /**
     * Ready when somebody listens on a TCP port.
     *
     * @param port the port
     * @return the condition
     */
    static Ready port(int port) {
        return new Port(port);
    }

    /**
     * Ready when it answers an HTTP request.
     *
     * @param port the TCP port on its loopback address
     * @param path what is asked for, beginning with a slash
     * @return the condition
     */
    static Ready http(int port, String path) {
        return new Http(new HealthCheck.Http(port, path));
    }

    /**
     * Ready when its health check has succeeded.
     *
     * @return the condition
     */
    static Ready healthy() {
        return new Healthy();
    }

    /**
     * Ready when it has ended with exit code 0.
     *
     * @return the condition
     */
    static Ready exited() {
        return new Exited();
    }
}
