package io.pelagos.core.internal.launch;

/**
 * The standard input of a detached container, which its supervisor keeps open for whoever comes:
 * who may look at the supervisor opens the pipe through its {@code /proc/PID/fd}, and writes. So
 * there is no file that a container could have in common with the host.
 *
 * <p>The container gets end of file when the supervisor, too, has closed the pipe. It does so when
 * a byte arrives in another pipe, the word, which is opened in the same way. What the number of the
 * first pipe stands for is {@code /dev/null} from then on, and never something else.
 *
 * @param pipe the writing end of the pipe that is standard input
 * @param word the reading end of the word; the next number is its writing end
 */
public record KeptInput(int pipe, int word) {
    /** How many descriptors it takes. */
    public static final int DESCRIPTORS = 3;

    /**
     * Returns the reading end of the pipe where that is the supervisor's, see {@link KeptTerminal}.
     */
    int source() {
        return pipe + DESCRIPTORS;
    }

    /**
     * Returns the number of the word.
     *
     * @param pipe the number of the pipe
     */
    public static int wordOf(int pipe) {
        return pipe + 1;
    }

    /** Makes one of three descriptors in a row. */
    public static KeptInput from(int pipe) {
        return new KeptInput(pipe, wordOf(pipe));
    }
}
