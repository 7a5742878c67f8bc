package io.pelagos.image;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Label;
import jdk.jfr.Name;
import org.jspecify.annotations.Nullable;

/** An image was sent to a registry. */
@Name("io.pelagos.ImagePush")
@Label("Image Push")
@Category("Pelagos")
@Description("An image was sent to a registry")
final class PushEvent extends Event {
    @Label("Image")
    @Nullable String image;

    @Label("Layers")
    int layers;

    @Label("Layers Sent")
    int sent;

    /** Begins one if anybody records: the first event of a JVM brings up the flight recorder. */
    static @Nullable PushEvent begun() {
        if (!FlightRecorder.isInitialized()) {
            return null;
        }
        var event = new PushEvent();
        event.begin();
        return event;
    }
}
