package io.pelagos.core;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Timespan;
import org.jspecify.annotations.Nullable;

/** A container was started, with how long each phase took. */
@Name("io.pelagos.ContainerStart")
@Label("Container Start")
@Category("Pelagos")
@Description("A container was started")
final class StartEvent extends Event {
    @Label("Container")
    @Nullable String container;

    @Label("Program")
    @Nullable String program;

    @Label("Cgroup")
    @Timespan(Timespan.NANOSECONDS)
    long cgroup;

    @Label("Launch")
    @Timespan(Timespan.NANOSECONDS)
    long launch;
}
