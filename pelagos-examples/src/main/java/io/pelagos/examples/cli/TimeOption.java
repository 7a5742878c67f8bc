package io.pelagos.examples.cli;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;

/** A point in time: an ISO 8601 one, or how long ago it was. */
final class TimeOption {
    private TimeOption() {}

    static Instant parse(String text) {
        if (text.indexOf('T') > 0) {
            try {
                return OffsetDateTime.parse(text).toInstant();
            } catch (DateTimeParseException e) {
                throw new IllegalArgumentException(
                        "\"" + text + "\": must be a time such as 2026-01-31T12:00:00Z", e);
            }
        }
        return Instant.now().minus(DurationOption.parse(text));
    }
}
