package io.pelagos.core.spec;

/** What of the source a copy keeps beside what every copy keeps. */
public enum Preserve implements CopySetting {
    /**
     * User and group, as the container numbers them, and with them the setuid, setgid and sticky
     * bits.
     */
    OWNERS,
    /** Extended attributes of every kind, such as file capabilities; else {@code user.*} only. */
    XATTRS,
    /** Device nodes; else a tree with one is refused. */
    DEVICES
}
