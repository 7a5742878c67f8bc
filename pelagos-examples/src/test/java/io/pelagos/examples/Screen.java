package io.pelagos.examples;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** What a terminal shows of what was written to it, and of the sequences that move its cursor. */
public final class Screen {
    private final int columns;
    private final List<StringBuilder> lines = new ArrayList<>();
    private int row;
    private int column;

    private Screen(int columns) {
        this.columns = columns;
        lines.add(new StringBuilder());
    }

    /** Returns the lines, without spaces at their ends, and without empty ones at the end. */
    public static List<String> of(String written, int columns) {
        var screen = new Screen(columns);
        for (int at = 0; at < written.length(); ) {
            at = screen.take(written, at);
        }
        return screen.lines.stream()
                .map(it -> it.toString().stripTrailing())
                .collect(Collectors.joining("\n"))
                .stripTrailing()
                .lines()
                .toList();
    }

    private int take(String written, int at) {
        char c = written.charAt(at);
        switch (c) {
            case '\r' -> column = 0;
            case '\n' -> down();
            case '\u001b' -> {
                int end = at + 2;
                while (Character.isDigit(written.charAt(end))) {
                    end++;
                }
                move(written.substring(at + 2, end), written.charAt(end));
                return end + 1;
            }
            default -> put(c);
        }
        return at + 1;
    }

    private void down() {
        if (++row == lines.size()) {
            lines.add(new StringBuilder());
        }
    }

    private void put(char c) {
        if (column == columns) {
            column = 0;
            down();
        }
        var line = lines.get(row);
        while (line.length() <= column) {
            line.append(' ');
        }
        line.setCharAt(column++, c);
    }

    private void move(String number, char what) {
        var line = lines.get(row);
        switch (what) {
            case 'A' -> row = Math.max(0, row - Integer.parseInt(number));
            case 'K' -> line.setLength(Math.min(line.length(), column));
            case 'J' -> {
                line.setLength(Math.min(line.length(), column));
                lines.subList(row + 1, lines.size()).clear();
            }
            default -> throw new AssertionError("a sequence that is not known: " + number + what);
        }
    }
}
