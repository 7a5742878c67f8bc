package io.pelagos.image.internal.registry;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A server answers that it cannot now: worth another try. */
final class StatusException extends IOException {
    private static final long serialVersionUID = 1L;
    private static final Set<Integer> PASSING = Set.of(429, 500, 502, 503, 504);
    static final int TOO_MANY_REQUESTS = 429;

    private final int status;
    private final transient Optional<Duration> pause;

    StatusException(int status, List<String> errors, Optional<Duration> pause) {
        super("status " + status + (errors.isEmpty() ? "" : ": " + String.join(", ", errors)));
        this.status = status;
        this.pause = pause;
    }

    static boolean isPassing(int status) {
        return PASSING.contains(status);
    }

    int status() {
        return status;
    }

    /** How long the server asks to wait. */
    Optional<Duration> pause() {
        return pause;
    }
}
