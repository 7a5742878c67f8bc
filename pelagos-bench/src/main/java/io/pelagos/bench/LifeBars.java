package io.pelagos.bench;

import java.util.ArrayList;
import java.util.List;

/** What the life of a container is held against. */
final class LifeBars {
    private LifeBars() {}

    static List<String> of(LifeBench.Outcome outcome) {
        var lines = new ArrayList<String>();
        var report = outcome.report();
        atMost(lines, report, "exec", "exec-crun", 0.5);
        atMost(lines, report, "exec", "exec-runc", 0.15);
        atMost(lines, report, "layers-100", "layers-1", 1.5);
        report.row("fork")
                .ifPresent(
                        fork ->
                                lines.add(
                                        line(
                                                fork.median() < 10_000,
                                                "fork takes %.1f ms, under 10"
                                                        .formatted(fork.median() / 1000))));
        outcome.crowd().ifPresent(crowd -> lines.addAll(crowd.bars()));
        return lines;
    }

    private static void atMost(
            List<String> lines, Report report, String name, String other, double most) {
        report.ratio(name, other)
                .ifPresent(
                        ratio ->
                                lines.add(
                                        line(
                                                ratio <= most,
                                                "%s takes %.2f times as long as %s, at most %.2f"
                                                        .formatted(name, ratio, other, most))));
    }

    private static String line(boolean met, String text) {
        return (met ? "met      " : "NOT met  ") + text;
    }
}
