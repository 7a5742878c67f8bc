package io.pelagos.bench;

import java.util.List;

/** What the life of a container is held against. */
final class LifeBars {
    private LifeBars() {}

    static List<String> of(LifeBench.Outcome outcome) {
        var verdicts = new Verdicts();
        var report = outcome.report();
        verdicts.atMost(report, "exec", "exec-crun", 0.5);
        verdicts.atMost(report, "exec", "exec-runc", 0.15);
        verdicts.atMost(report, "layers-100", "layers-1", 1.5);
        report.row("fork")
                .ifPresent(
                        fork ->
                                verdicts.add(
                                        fork.median() < 10_000,
                                        "fork takes %.1f ms, under 10"
                                                .formatted(fork.median() / 1000)));
        outcome.crowd().ifPresent(crowd -> crowd.judge(verdicts));
        return verdicts.lines();
    }
}
