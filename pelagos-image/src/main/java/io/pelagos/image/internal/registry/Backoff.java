package io.pelagos.image.internal.registry;

import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;

/**
 * How often something is tried, and how long is waited in between: twice as long each time, up to a
 * limit, and by chance up to a half less, so that many clients do not come back at once.
 *
 * @param attempts how often, at least once
 * @param first how long after the first failure
 * @param longest how long at most, also when a server asks for more
 */
public record Backoff(int attempts, Duration first, Duration longest) {
    /** Five times, after half a second and then up to 30 seconds. */
    public static final Backoff USUAL =
            new Backoff(5, Duration.ofMillis(500), Duration.ofSeconds(30));

    private static final int MOST_DOUBLINGS = 20;

    /** Checks the numbers. */
    public Backoff {
        if (attempts < 1) {
            throw new IllegalArgumentException("attempts \"" + attempts + "\": must be at least 1");
        }
        if (first.isNegative() || longest.compareTo(first) < 0) {
            throw new IllegalArgumentException(
                    "first \"" + first + "\": must lie between 0 and " + longest);
        }
    }

    /**
     * Returns how long to wait.
     *
     * @param failures how many there were
     * @param chance between 0 and 1
     */
    Duration pause(int failures, double chance) {
        long doubled = first.toMillis() << Math.min(failures - 1, MOST_DOUBLINGS);
        long most = Math.min(doubled, longest.toMillis());
        return Duration.ofMillis(most - (long) (most / 2.0 * chance));
    }

    /**
     * Reads a Retry-After header, RFC 9110 section 10.2.3: seconds, or a date.
     *
     * @param header its value
     * @param now the time
     * @return how long is to be waited, at most the longest; empty when it cannot be read
     */
    Optional<Duration> retryAfter(String header, Instant now) {
        Duration asked;
        try {
            asked = Duration.ofSeconds(Long.parseLong(header.strip()));
        } catch (NumberFormatException e) {
            try {
                var date =
                        ZonedDateTime.parse(header.strip(), DateTimeFormatter.RFC_1123_DATE_TIME);
                asked = Duration.between(now, date.toInstant());
            } catch (DateTimeParseException notEvenADate) {
                return Optional.empty();
            }
        }
        if (asked.isNegative()) {
            return Optional.of(Duration.ZERO);
        }
        return Optional.of(asked.compareTo(longest) > 0 ? longest : asked);
    }
}
