package io.pelagos.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class ReportTest {
    private static Summary row(String name, double median) {
        return new Summary(name, 3, median / 2, median, median * 2);
    }

    @Test
    void containersAreHeldAgainstTheFloorAndOurs() {
        var report =
                Report.ofContainers(
                        "start",
                        List.of(row("floor", 100), row("crun", 450), row("attached", 150)));

        assertThat(report.ratios())
                .isEqualTo(
                        Map.of(
                                "floor/attached", 0.667,
                                "crun/floor", 4.5,
                                "crun/attached", 3.0,
                                "attached/floor", 1.5));
    }

    @Test
    void whatWasNotMeasuredHasNoRatio() {
        var report = Report.ofContainers("start", List.of(row("attached", 150)));

        assertThat(report.ratios()).isEmpty();
        assertThat(report.ratio("attached", "floor")).isEmpty();
        assertThat(report.row("floor")).isEmpty();
    }

    @Test
    void jsonIsOneObject() {
        var report =
                new Report(
                        "image",
                        List.of(row("a", 100.04), row("b", 200)),
                        List.of(new Report.Relation("a", "b"), new Report.Relation("a", "c")),
                        Map.of("file_system", "ext4"));

        assertThat(JsonMapper.shared().readTree(report.json()))
                .isEqualTo(
                        JsonMapper.shared()
                                .readTree(
                                        """
                                        {"bench":"image","rows":[
                                         {"name":"a","n":3,"min_us":50.0,"median_us":100.0,"p99_us":200.1},
                                         {"name":"b","n":3,"min_us":100.0,"median_us":200.0,"p99_us":400.0}],
                                         "ratios":{"a/b":0.5},"file_system":"ext4"}
                                        """));
    }

    @Test
    void theTableKeepsItsColumnsWhateverTheNames() {
        var report =
                new Report(
                        "image",
                        List.of(row("a", 100), row("a-name-longer-than-usual", 200)),
                        List.of(),
                        Map.of());

        assertThat(report.table().lines().limit(3).map(String::length).distinct()).hasSize(1);
    }
}
