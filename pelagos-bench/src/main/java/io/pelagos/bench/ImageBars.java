package io.pelagos.bench;

import java.util.ArrayList;
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
        var lines = new ArrayList<String>();
        var report = outcome.report();
        for (var image : outcome.images()) {
            var name = image.name();
            atMost(lines, report, name + "/pull", name + "/podman", PODMAN);
            atMost(lines, report, name + "/pull", name + "/skopeo", SKOPEO);
            if (image.shape() == SampleImage.Shape.SINGLE) {
                atMost(lines, report, name + "/pull", name + "/floor", FLOOR);
                atMost(lines, report, name + "/cold", name + "/floor", FLOOR);
            }
            atMost(lines, report, name + "/push", name + "/podman-push", PUSH);
            report.row(name + "/again")
                    .ifPresent(
                            again ->
                                    lines.add(
                                            line(
                                                    again.median() < AGAIN_MICROS,
                                                    "%s takes %.1f ms, under 20"
                                                            .formatted(
                                                                    again.name(),
                                                                    again.median() / 1000))));
        }
        outcome.requests()
                .forEach(
                        (image, count) ->
                                lines.add(
                                        line(
                                                count == 1,
                                                "%s/again costs %d requests, at most 1"
                                                        .formatted(image, count))));
        outcome.heap()
                .forEach(
                        (image, megabytes) ->
                                lines.add(
                                        line(
                                                megabytes < HeapProbe.MEGABYTES,
                                                "%s has a heap of %.0f MB at most, under %d"
                                                        .formatted(
                                                                image,
                                                                megabytes,
                                                                HeapProbe.MEGABYTES))));
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
