package io.pelagos.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What the medians of one run should come to, said and never enforced. */
final class Bars {
    private static final double FLOOR = 1.35;
    private static final double CRUN = 2.5;
    private static final double RUNC = 9;
    private static final double COLD = 1.5;
    private static final double COLD_MICROS = 150_000;
    private static final double MEMORY_KILOBYTES = 100;

    private Bars() {}

    static List<String> of(Report report, Optional<Footprint> footprint) {
        var lines = new ArrayList<String>();
        report.ratio("attached", "floor")
                .ifPresent(
                        r ->
                                lines.add(
                                        line(
                                                r <= FLOOR,
                                                "attached is %.2f × the floor, at most %.2f"
                                                        .formatted(r, FLOOR))));
        report.ratio("crun", "attached").ifPresent(r -> lines.add(faster("crun", r, CRUN)));
        report.ratio("runc", "attached").ifPresent(r -> lines.add(faster("runc", r, RUNC)));
        cold(report).ifPresent(lines::add);
        footprint.ifPresent(
                f ->
                        lines.add(
                                line(
                                        f.kilobytes() <= MEMORY_KILOBYTES,
                                        "memory per container is %s, at most %.0f kB"
                                                .formatted(f, MEMORY_KILOBYTES))));
        return lines;
    }

    private static Optional<String> cold(Report report) {
        return report.row("cold-run")
                .flatMap(
                        run ->
                                report.row("cold-hello")
                                        .map(
                                                hello -> {
                                                    double limit =
                                                            COLD * hello.median() + COLD_MICROS;
                                                    return line(
                                                            run.median() <= limit,
                                                            "cold command line is %.0f ms, at most %.0f ms"
                                                                    .formatted(
                                                                            run.median() / 1000,
                                                                            limit / 1000));
                                                }));
    }

    private static String faster(String peer, double times, double least) {
        return line(
                times >= least,
                "attached is %.2f times faster than %s, at least %.1f"
                        .formatted(times, peer, least));
    }

    private static String line(boolean met, String text) {
        return (met ? "met      " : "NOT met  ") + text;
    }
}
