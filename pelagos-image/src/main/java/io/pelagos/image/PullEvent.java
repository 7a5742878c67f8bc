package io.pelagos.image;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Label;
import jdk.jfr.Name;
import org.jspecify.annotations.Nullable;

/**
 * An image was pulled: what it consists of was asked, and its layers that were missing were
 * fetched.
 */
@Name("io.pelagos.ImagePull")
@Label("Image Pull")
@Category("Pelagos")
@Description("An image was asked for at a registry, and what was missing of it was fetched")
final class PullEvent extends Event {
    @Label("Image")
    @Nullable String image;

    @Label("Digest")
    @Nullable String digest;

    @Label("Layers")
    int layers;

    @Label("Fetched")
    @DataAmount
    long fetched;

    /** Begins one if anybody records: the first event of a JVM brings up the flight recorder. */
    static @Nullable PullEvent begun() {
        if (!FlightRecorder.isInitialized()) {
            return null;
        }
        var event = new PullEvent();
        event.begin();
        return event;
    }
}
