package io.pelagos.core;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Timespan;
import org.jspecify.annotations.Nullable;

/** A process was executed in a running container, with how long that took. */
@Name("io.pelagos.Exec")
@Label("Exec")
@Category("Pelagos")
@Description("A process was started in a running container")
final class ExecEvent extends Event {
    @Label("Container")
    @Nullable String container;

    @Label("Program")
    @Nullable String program;

    @Label("Launch")
    @Timespan(Timespan.NANOSECONDS)
    long launch;
}
