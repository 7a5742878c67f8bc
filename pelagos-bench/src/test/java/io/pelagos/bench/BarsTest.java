package io.pelagos.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BarsTest {
    private static Summary row(String name, double median) {
        return new Summary(name, 1, median, median, median);
    }

    private static Report start(Summary... rows) {
        return Report.ofContainers("start", List.of(rows));
    }

    @Test
    void barsOfStartsAreMetAtTheirLimits() {
        var lines =
                Bars.of(
                        start(
                                row("floor", 1000),
                                row("crun", 3375),
                                row("runc", 12150),
                                row("attached", 1350)),
                        Optional.of(new Footprint(60, 40)));

        assertThat(lines).hasSize(4).allMatch(line -> line.startsWith("met "));
    }

    @Test
    void barsOfStartsAreNotMetBeyondTheirLimits() {
        var lines =
                Bars.of(
                        start(
                                row("floor", 1000),
                                row("crun", 3375),
                                row("runc", 12150),
                                row("attached", 1360)),
                        Optional.of(new Footprint(60, 41)));

        assertThat(lines).hasSize(4).allMatch(line -> line.startsWith("NOT met "));
    }

    @Test
    void aColdStartIsHeldAgainstAnEmptyProgram() {
        assertThat(Bars.of(start(row("cold-run", 300_000), row("cold-hello", 100_000)), none()))
                .containsExactly("met      cold command line is 300 ms, at most 300 ms");
        assertThat(Bars.of(start(row("cold-run", 301_000), row("cold-hello", 100_000)), none()))
                .containsExactly("NOT met  cold command line is 301 ms, at most 300 ms");
    }

    private static Optional<Footprint> none() {
        return Optional.empty();
    }

    @Test
    void whatWasNotMeasuredHasNoBar() {
        assertThat(Bars.of(start(row("attached", 1)), none())).isEmpty();
        assertThat(LifeBars.of(new LifeBench.Outcome(start(row("exec", 1)), Optional.empty())))
                .isEmpty();
    }

    @Test
    void barsOfLifeAreMetAndNotMet() {
        var crowd = new Crowd(100, 125, 99, 140, 10);

        assertThat(
                        LifeBars.of(
                                new LifeBench.Outcome(
                                        start(row("exec", 50), row("exec-crun", 100)),
                                        Optional.of(crowd))))
                .hasSize(4)
                .allMatch(line -> line.startsWith("met "));
        var verdicts = new Verdicts();
        new Crowd(100, 126, 100, 141, 10).judge(verdicts);
        assertThat(verdicts.lines()).hasSize(3).allMatch(line -> line.startsWith("NOT met "));
    }

    @Test
    void barsOfImagesAreMetAndNotMet() {
        var image = new SampleImage(SampleImage.Shape.SINGLE, SampleImage.Compression.GZIP);

        assertThat(images(image, 100, 1, 127)).hasSize(8).allMatch(it -> it.startsWith("met "));
        assertThat(images(image, 116, 2, 128))
                .filteredOn(it -> it.startsWith("NOT met "))
                .hasSize(4);
    }

    private static List<String> images(SampleImage image, double pull, int requests, double heap) {
        var report =
                new Report(
                        "image",
                        List.of(
                                row("single-gzip/pull", pull),
                                row("single-gzip/cold", pull),
                                row("single-gzip/floor", 100),
                                row("single-gzip/podman", 200),
                                row("single-gzip/skopeo", 300),
                                row("single-gzip/push", 80),
                                row("single-gzip/podman-push", 100),
                                row("single-gzip/again", 19_999)),
                        List.of(),
                        Map.of());
        return ImageBars.of(
                new ImageBench.Outcome(
                        report,
                        List.of(image),
                        Map.of(image.name(), requests),
                        Map.of(image.name(), heap),
                        List.of()));
    }
}
