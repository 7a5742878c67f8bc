package io.pelagos.core.internal.launch;

/**
 * What a detached supervisor keeps of the standard streams.
 *
 * <p>Each stream that is logged goes to a file of raw bytes. For each chunk that it copied, the
 * supervisor appends a record of {@value #RECORD_SIZE} bytes, little endian, to an index, from
 * which order and times of both streams can be restored:
 *
 * <table>
 * <caption>A record of the index</caption>
 * <tr><th>bytes</th><th>what</th></tr>
 * <tr><td>0 to 15</td><td>{@code struct timespec}, the time of {@code CLOCK_REALTIME}</td></tr>
 * <tr><td>16 to 23</td><td>where in its file the chunk begins</td></tr>
 * <tr><td>24 to 27</td><td>how many bytes it has</td></tr>
 * <tr><td>28 to 31</td><td>the stream: 1 for standard output, 2 for standard error</td></tr>
 * </table>
 *
 * <p>When one of the three files has reached the bound, all of them get a {@code .1} behind their
 * names, in place of what had these names, and new ones are begun: the index is the last to be
 * renamed and the last to be made, so that who opens the index first and finds it in its place
 * afterwards has files that belong together.
 *
 * @param stdout the reading end of the pipe that is standard output, or -1 when it is not logged
 * @param stderr the reading end of the pipe that is standard error, or -1 when it is not logged
 * @param bound the size at which a file is replaced, a power of two
 */
public record Logs(int stdout, int stderr, long bound) {
    /** The name of the file with the bytes of standard output. */
    public static final String STDOUT = "stdout.log";

    /** The name of the file with the bytes of standard error. */
    public static final String STDERR = "stderr.log";

    /** The name of the file with a record for each chunk. */
    public static final String INDEX = "log.index";

    /** What the names of the files that were replaced end with. */
    public static final String OLD = ".1";

    /** The size of a record of the index. */
    public static final int RECORD_SIZE = 32;

    /** The bound unless another is chosen: 8 MiB. */
    public static final long USUAL_BOUND = 1L << 23;

    /** No stream is logged. */
    public static final Logs NONE = new Logs(-1, -1, USUAL_BOUND);

    private static final long LEAST = 1L << 12;
    private static final long MOST = 1L << 30;

    /** Checks the bound. */
    public Logs {
        if (bound < LEAST || bound > MOST || Long.bitCount(bound) != 1) {
            throw new IllegalArgumentException(
                    "bound " + bound + ": must be a power of two from 4 KiB to 1 GiB");
        }
    }

    /** Tells whether there is anything to log. */
    boolean any() {
        return stdout >= 0 || stderr >= 0;
    }
}
