package io.pelagos.core;

import java.util.function.Supplier;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;
import org.jspecify.annotations.Nullable;

/** Events for the flight recorder. */
final class Recording {
    private Recording() {}

    /**
     * Begins an event if anybody records; else null. The first event of a JVM brings up the flight
     * recorder, which takes longer than several containers.
     */
    static <E extends Event> @Nullable E begin(Supplier<E> kind) {
        if (!FlightRecorder.isInitialized()) {
            return null;
        }
        var event = kind.get();
        event.begin();
        return event;
    }
}
