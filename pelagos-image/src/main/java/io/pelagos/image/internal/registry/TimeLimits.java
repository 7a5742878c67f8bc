package io.pelagos.image.internal.registry;

import java.time.Duration;

/**
 * How long things may take.
 *
 * @param connect a connection, up to its TLS handshake
 * @param stall a transfer or a handshake without a single byte
 * @param total one operation, with all that is tried again; zero for no limit
 */
public record TimeLimits(Duration connect, Duration stall, Duration total) {
    /** Ten seconds, a minute, two hours. */
    public static final TimeLimits USUAL =
            new TimeLimits(Duration.ofSeconds(10), Duration.ofSeconds(60), Duration.ofHours(2));

    /** Checks the signs. */
    public TimeLimits {
        if (!connect.isPositive()) {
            throw new IllegalArgumentException("connect \"" + connect + "\": must be positive");
        }
        if (!stall.isPositive()) {
            throw new IllegalArgumentException("stall \"" + stall + "\": must be positive");
        }
        if (total.isNegative()) {
            throw new IllegalArgumentException("total \"" + total + "\": must not be negative");
        }
    }
}
