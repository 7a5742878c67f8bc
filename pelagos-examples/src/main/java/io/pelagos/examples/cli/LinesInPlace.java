package io.pelagos.examples.cli;

import java.io.PrintStream;
import java.util.List;

/**
 * Lines at the end of a terminal that are drawn again in their place, by sequences of ECMA-48 that
 * every terminal of today knows. The cursor always stands below them, so whatever is printed next,
 * and whenever this process ends, the terminal is as it should be.
 */
final class LinesInPlace {
    private static final String INTRODUCER = "\u001b[";
    private static final char UP = 'A';
    private static final String CLEAR_TO_END_OF_LINE = INTRODUCER + "K";
    private static final String CLEAR_BELOW = INTRODUCER + "J";

    private final PrintStream out;
    private int drawn;

    LinesInPlace(PrintStream out) {
        this.out = out;
    }

    /**
     * Draws lines over those before, in one write. A line that is longer than the terminal is wide
     * would take two.
     */
    void draw(List<String> lines, int columns) {
        var text = new StringBuilder();
        if (drawn > 0) {
            text.append(INTRODUCER).append(drawn).append(UP).append('\r');
        }
        for (var line : lines) {
            text.append(line, 0, Math.min(line.length(), columns - 1))
                    .append(CLEAR_TO_END_OF_LINE)
                    .append("\r\n");
        }
        text.append(CLEAR_BELOW);
        out.print(text);
        out.flush();
        drawn = lines.size();
    }
}
