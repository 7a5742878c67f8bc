package io.pelagos.core;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Timespan;
import org.jspecify.annotations.Nullable;

/** A container ended and was removed. */
@Name("io.pelagos.ContainerEnd")
@Label("Container End")
@Category("Pelagos")
@Description("A container ended, and everything of it was removed")
final class EndEvent extends Event {
    @Label("Container")
    @Nullable String container;

    @Label("Exit")
    @Nullable String exit;

    @Label("Lifetime")
    @Timespan(Timespan.NANOSECONDS)
    long lifetime;

    @Label("Removal")
    @Timespan(Timespan.NANOSECONDS)
    long removal;
}
