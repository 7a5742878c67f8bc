package io.pelagos.core.spec;

import java.util.List;

/**
 * What a program has open beside its standard streams: from descriptor 3 on the sockets that it is
 * to listen on, as sd_listen_fds(3) has it, and then the others.
 *
 * @param listening sockets, in order; with any, the program gets {@code LISTEN_FDS}, {@code
 *     LISTEN_PID} and {@code LISTEN_FDNAMES}
 * @param preserved numbers of descriptors of this JVM, in order, which are only used, not closed;
 *     such a spec has no JSON form
 */
public record Descriptors(List<ListenSocket> listening, List<Integer> preserved) {
    /** None but the standard streams. */
    public static final Descriptors NONE = new Descriptors(List.of(), List.of());

    /** More than a program could want, and so many as fit into one message of unix(7). */
    private static final int MOST = 200;

    /** Copies the lists and checks numbers. */
    public Descriptors {
        listening = List.copyOf(listening);
        preserved = List.copyOf(preserved);
        for (int number : preserved) {
            if (number < 0) {
                throw new IllegalArgumentException("descriptor " + number + ": is negative");
            }
        }
        if (listening.size() + preserved.size() > MOST) {
            throw new IllegalArgumentException(
                    listening.size() + preserved.size() + " descriptors: at most " + MOST);
        }
    }

    /**
     * Returns how many there are.
     *
     * @return the number of descriptors from 3 on
     */
    public int count() {
        return listening.size() + preserved.size();
    }
}
