package io.pelagos.examples.cli;

import java.time.Duration;
import java.time.temporal.ChronoUnit;

/** A length of time: whole seconds as podman writes it, or with units as docker does. */
final class DurationOption {
    private DurationOption() {}

    /**
     * Reads a length of time.
     *
     * @param text for example {@code 10}, {@code 500ms} or {@code 1m30s}
     */
    static Duration parse(String text) {
        var sum = Duration.ZERO;
        int at = 0;
        while (at < text.length()) {
            int unit = endOf(text, at, true);
            int next = endOf(text, unit, false);
            if (unit == at || unit - at > 9) {
                throw refused(text);
            }
            long amount = Long.parseLong(text, at, unit, 10);
            sum = sum.plus(amount, unit(text, at, unit, next));
            at = next;
        }
        if (text.isEmpty()) {
            throw refused(text);
        }
        return sum;
    }

    private static int endOf(String text, int from, boolean digits) {
        int at = from;
        while (at < text.length() && isDigit(text.charAt(at)) == digits) {
            at++;
        }
        return at;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static ChronoUnit unit(String text, int start, int from, int to) {
        return switch (text.substring(from, to)) {
            case "ms" -> ChronoUnit.MILLIS;
            case "s" -> ChronoUnit.SECONDS;
            case "m" -> ChronoUnit.MINUTES;
            case "h" -> ChronoUnit.HOURS;
            case "" -> {
                if (start != 0) {
                    throw refused(text);
                }
                yield ChronoUnit.SECONDS;
            }
            default -> throw refused(text);
        };
    }

    private static IllegalArgumentException refused(String text) {
        return new IllegalArgumentException(
                "\"" + text + "\": must be seconds like 10, or have units like 500ms or 1m30s");
    }
}
