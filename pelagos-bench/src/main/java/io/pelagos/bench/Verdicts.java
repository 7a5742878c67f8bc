package io.pelagos.bench;

import java.util.ArrayList;
import java.util.List;

/** Says what was asked for and what came of it, a line each. */
final class Verdicts {
    private final List<String> lines = new ArrayList<>();

    /** Adds a line. */
    void add(boolean met, String text) {
        lines.add((met ? "met      " : "NOT met  ") + text);
    }

    /** Adds a line about how long one row takes beside another, where both were measured. */
    void atMost(Report report, String name, String other, double most) {
        report.ratio(name, other)
                .ifPresent(
                        ratio ->
                                add(
                                        ratio <= most,
                                        "%s takes %.2f times as long as %s, at most %.2f"
                                                .formatted(name, ratio, other, most)));
    }

    List<String> lines() {
        return List.copyOf(lines);
    }
}
