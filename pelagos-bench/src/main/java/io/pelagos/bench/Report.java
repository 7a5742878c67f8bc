package io.pelagos.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;

/**
 * What came of a run.
 *
 * @param bench which measurement it was
 * @param rows the figures of each subject
 */
record Report(String bench, List<Summary> rows) {
    private static final String OURS = "attached";

    Report {
        rows = List.copyOf(rows);
    }

    /** Returns medians in relation: each subject to the floor, and each peer to ours. */
    Map<String, Double> ratios() {
        var ratios = new LinkedHashMap<String, Double>();
        for (var row : rows) {
            put(ratios, row.name(), "floor");
            put(ratios, row.name(), OURS);
        }
        put(ratios, "cold-run", "cold-hello");
        return ratios;
    }

    private void put(Map<String, Double> ratios, String name, String other) {
        if (!name.equals(other)) {
            ratio(name, other).ifPresent(value -> ratios.put(name + "/" + other, value));
        }
    }

    /** Returns the relation of two medians, when both subjects were measured. */
    Optional<Double> ratio(String name, String other) {
        var above = row(name);
        var below = row(other);
        return above.isPresent() && below.isPresent()
                ? Optional.of(rounded(above.get().median() / below.get().median(), 1000))
                : Optional.empty();
    }

    Optional<Summary> row(String name) {
        return rows.stream().filter(row -> row.name().equals(name)).findFirst();
    }

    String json() {
        var all = new LinkedHashMap<String, Object>();
        all.put("bench", bench);
        all.put("rows", rows.stream().map(Report::fields).toList());
        all.put("ratios", ratios());
        return JsonMapper.shared().writeValueAsString(all);
    }

    private static Map<String, Object> fields(Summary row) {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("name", row.name());
        fields.put("n", row.n());
        fields.put("min_us", rounded(row.min(), 10));
        fields.put("median_us", rounded(row.median(), 10));
        fields.put("p99_us", rounded(row.p99(), 10));
        return fields;
    }

    private static double rounded(double value, int parts) {
        return (double) Math.round(value * parts) / parts;
    }

    String table() {
        var text = new StringBuilder();
        text.append(
                "%-14s %6s %12s %12s %12s%n"
                        .formatted("name", "n", "min µs", "median µs", "p99 µs"));
        for (var row : rows) {
            text.append(
                    "%-14s %6d %12.0f %12.0f %12.0f%n"
                            .formatted(row.name(), row.n(), row.min(), row.median(), row.p99()));
        }
        text.append('\n');
        ratios().forEach((name, ratio) -> text.append("%-28s %8.2f%n".formatted(name, ratio)));
        return text.toString();
    }
}
