package io.pelagos.bench;

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
        var verdicts = new Verdicts();
        report.ratio("attached", "floor")
                .ifPresent(
                        r ->
                                verdicts.add(
                                        r <= FLOOR,
                                        "attached is %.2f × the floor, at most %.2f"
                                                .formatted(r, FLOOR)));
        faster(verdicts, report, "crun", CRUN);
        faster(verdicts, report, "runc", RUNC);
        cold(verdicts, report);
        footprint.ifPresent(
                f ->
                        verdicts.add(
                                f.kilobytes() <= MEMORY_KILOBYTES,
                                "memory per container is %s, at most %.0f kB"
                                        .formatted(f, MEMORY_KILOBYTES)));
        return verdicts.lines();
    }

    private static void cold(Verdicts verdicts, Report report) {
        var run = report.row("cold-run");
        var hello = report.row("cold-hello");
        if (run.isPresent() && hello.isPresent()) {
            double limit = COLD * hello.get().median() + COLD_MICROS;
            verdicts.add(
                    run.get().median() <= limit,
                    "cold command line is %.0f ms, at most %.0f ms"
                            .formatted(run.get().median() / 1000, limit / 1000));
        }
    }

    private static void faster(Verdicts verdicts, Report report, String peer, double least) {
        report.ratio(peer, "attached")
                .ifPresent(
                        times ->
                                verdicts.add(
                                        times >= least,
                                        "attached is %.2f times faster than %s, at least %.1f"
                                                .formatted(times, peer, least)));
    }
}
