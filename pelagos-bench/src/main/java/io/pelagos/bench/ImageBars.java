package io.pelagos.bench;

import java.util.List;

/** What pulls and pushes are held against. */
final class ImageBars {
    private static final double PODMAN = 0.6;
    private static final double SKOPEO = 0.4;
    private static final double FLOOR = 1.15;
    private static final double PUSH = 0.8;
    private static final double AGAIN_MICROS = 20_000;

    private ImageBars() {}

    static List<String> of(ImageBench.Outcome outcome) {
        var verdicts = new Verdicts();
        var report = outcome.report();
        for (var image : outcome.images()) {
            var name = image.name();
            verdicts.atMost(report, name + "/pull", name + "/podman", PODMAN);
            verdicts.atMost(report, name + "/pull", name + "/skopeo", SKOPEO);
            if (image.shape() == SampleImage.Shape.SINGLE) {
                verdicts.atMost(report, name + "/pull", name + "/floor", FLOOR);
                verdicts.atMost(report, name + "/cold", name + "/floor", FLOOR);
            }
            verdicts.atMost(report, name + "/push", name + "/podman-push", PUSH);
            report.row(name + "/again")
                    .ifPresent(
                            again ->
                                    verdicts.add(
                                            again.median() < AGAIN_MICROS,
                                            "%s takes %.1f ms, under 20"
                                                    .formatted(
                                                            again.name(), again.median() / 1000)));
        }
        outcome.requests()
                .forEach(
                        (image, count) ->
                                verdicts.add(
                                        count == 1,
                                        "%s/again costs %d requests, at most 1"
                                                .formatted(image, count)));
        outcome.heap()
                .forEach(
                        (image, megabytes) ->
                                verdicts.add(
                                        megabytes < HeapProbe.MEGABYTES,
                                        "%s has a heap of %.0f MB at most, under %d"
                                                .formatted(image, megabytes, HeapProbe.MEGABYTES)));
        return verdicts.lines();
    }
}
