package io.pelagos.bench;

import java.util.ArrayList;
import java.util.Collections;
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
 * @param relations which medians are put in relation
 * @param facts what else is to be known, by name: numbers, texts, lists and maps
 */
record Report(
        String bench, List<Summary> rows, List<Relation> relations, Map<String, Object> facts) {
    private static final String OURS = "attached";
    private static final int NAME = 14;

    Report {
        rows = List.copyOf(rows);
        relations = List.copyOf(relations);
        facts = Collections.unmodifiableMap(new LinkedHashMap<>(facts));
    }

    /**
     * One median over another.
     *
     * @param name of a subject
     * @param other the subject that it is held against
     */
    record Relation(String name, String other) {
        @Override
        public String toString() {
            return name + "/" + other;
        }
    }

    /** Puts each subject in relation to the floor, and each peer to ours. */
    static Report ofContainers(String bench, List<Summary> rows) {
        var relations = new ArrayList<Relation>();
        for (var row : rows) {
            relations.add(new Relation(row.name(), "floor"));
            relations.add(new Relation(row.name(), OURS));
        }
        relations.add(new Relation("cold-run", "cold-hello"));
        relations.removeIf(it -> it.name().equals(it.other()));
        return new Report(bench, rows, relations, Map.of());
    }

    /** Returns medians in relation, as far as both were measured. */
    Map<String, Double> ratios() {
        var ratios = new LinkedHashMap<String, Double>();
        for (var relation : relations) {
            ratio(relation.name(), relation.other())
                    .ifPresent(value -> ratios.put(relation.toString(), value));
        }
        return ratios;
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
        all.putAll(facts);
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
        int width = rows.stream().mapToInt(row -> row.name().length()).max().orElse(0);
        var first = "%-" + Math.max(width, NAME) + "s ";
        var text = new StringBuilder();
        text.append(first.formatted("name"))
                .append("%6s %12s %12s %12s%n".formatted("n", "min µs", "median µs", "p99 µs"));
        for (var row : rows) {
            text.append(first.formatted(row.name()))
                    .append(
                            "%6d %12.0f %12.0f %12.0f%n"
                                    .formatted(row.n(), row.min(), row.median(), row.p99()));
        }
        text.append('\n');
        ratios().forEach((name, ratio) -> text.append("%-42s %8.2f%n".formatted(name, ratio)));
        facts.forEach((name, fact) -> text.append("%s: %s%n".formatted(name, fact)));
        return text.toString();
    }
}
