package io.pelagos.core;

import io.pelagos.core.spec.Exit;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** A container whose readiness somebody waits for, whoever has started it. */
interface Candidate extends AutoCloseable {
    /** Returns its name, for messages. */
    String name();

    /**
     * Waits until it has written a line in which a pattern is found.
     *
     * @return false when it has ended, or the time is up, before
     */
    boolean awaitLine(Pattern pattern, Duration atMost) throws InterruptedException;

    /**
     * Waits until its health check has succeeded.
     *
     * @return false when it has ended, or the time is up, before
     */
    boolean awaitHealthy(Duration atMost) throws InterruptedException;

    /** Waits for its end; for no time at all to look whether it has ended. */
    Optional<Exit> awaitEnd(Duration atMost) throws InterruptedException;

    /** Leads into it, see {@link Execs#release}. */
    Execs door();

    /** Returns what asks it how it is. */
    HealthProbe probe();

    /** Returns what it wrote last. */
    List<String> lastLines(int most) throws InterruptedException;

    @Override
    void close();
}
