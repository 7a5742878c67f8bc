package io.pelagos.core.internal.launch;

/**
 * The terminal of a detached container, whose other side its supervisor keeps, so that it does not
 * hang up with the JVM: what the program writes goes to the log of standard output, and what comes
 * through the {@link KeptInput} is typed. The word of that says nothing of an end, which a terminal
 * does not have, but carries a {@code struct winsize} of {@value #WINSIZE} bytes: the new size.
 *
 * @param sender the end of a socket through which the container's first process sends its terminal
 * @param receiver the other end
 */
public record KeptTerminal(int sender, int receiver) {
    /** The size of a {@code struct winsize}, see ioctl_tty(2). */
    public static final int WINSIZE = 8;
}
