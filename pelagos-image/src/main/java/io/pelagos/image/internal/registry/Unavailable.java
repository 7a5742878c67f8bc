package io.pelagos.image.internal.registry;

import java.io.IOException;
import java.time.Duration;

/** A server could not answer this time, but perhaps will the next: it is overloaded or broken. */
final class Unavailable extends IOException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final long retryAfterMillis;

    Unavailable(int status, Duration retryAfter, String message) {
        super(message);
        this.status = status;
        retryAfterMillis = retryAfter.toMillis();
    }

    int status() {
        return status;
    }

    /** When it wants to be asked again; zero when it does not say. */
    Duration retryAfter() {
        return Duration.ofMillis(retryAfterMillis);
    }
}
