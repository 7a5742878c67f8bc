package io.pelagos.core;

import java.time.Instant;

/**
 * A line that a container has written.
 *
 * @param time when its first byte arrived
 * @param source where it was written to
 * @param text the line, decoded as UTF-8, without its end
 */
public record LogLine(Instant time, Source source, String text) {
    /** The standard streams that are logged. */
    public enum Source {
        /** Standard output. */
        STDOUT,
        /** Standard error. */
        STDERR
    }

    /**
     * Returns the line with its time before it, as {@code docker logs --timestamps} does.
     *
     * @return an ISO 8601 time, a space and the text
     */
    public String withTime() {
        return time + " " + text;
    }

    /** Returns the text. */
    @Override
    public String toString() {
        return text;
    }
}
