package io.pelagos.image;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;
import jdk.jfr.Label;
import jdk.jfr.Name;
import org.jspecify.annotations.Nullable;

/** A layer was fetched, checked and unpacked in one pass; or was found to be there. */
@Name("io.pelagos.ImageLayer")
@Label("Image Layer")
@Category("Pelagos")
@Description("A layer was fetched, checked and unpacked, or was there")
final class LayerEvent extends Event {
    @Label("Image")
    @Nullable String image;

    @Label("Layer")
    @Nullable String layer;

    @Label("Compressed Size")
    @DataAmount
    long bytes;

    @Label("Fetched")
    boolean fetched;

    /** Begins one if anybody records: the first event of a JVM brings up the flight recorder. */
    static @Nullable LayerEvent begun() {
        if (!FlightRecorder.isInitialized()) {
            return null;
        }
        var event = new LayerEvent();
        event.begin();
        return event;
    }
}
