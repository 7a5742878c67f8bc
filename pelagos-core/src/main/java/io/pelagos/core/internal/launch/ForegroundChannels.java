package io.pelagos.core.internal.launch;

/**
 * The descriptors of a plan that opens everything itself. open(2) gives the lowest number that is
 * free, so they are known beforehand.
 */
public final class ForegroundChannels {
    /** The file that takes the report. */
    public static final int REPORT = 3;

    /** The first of the files that are opened next. */
    public static final int FIRST_FILE = 4;

    /** What the parts of a plan need to know. */
    public static final Channels CHANNELS = new Channels(REPORT, -1, 0);

    private ForegroundChannels() {}
}
