package io.pelagos.core.spec;

/**
 * The size of a terminal in characters, see {@code TIOCSWINSZ} of ioctl_tty(2).
 *
 * @param rows how many lines, 1 to 65535
 * @param columns how many characters in a line, 1 to 65535
 */
public record TerminalSize(int rows, int columns) {
    /** What a terminal has of which nobody says the size: that of a DEC VT100. */
    public static final TerminalSize USUAL = new TerminalSize(24, 80);

    private static final int MOST = 0xffff;

    /** Checks both. */
    public TerminalSize {
        check("rows", rows);
        check("columns", columns);
    }

    private static void check(String what, int number) {
        if (number < 1 || number > MOST) {
            throw new IllegalArgumentException(
                    what + " of the terminal " + number + ": must be 1 to " + MOST);
        }
    }
}
