package io.pelagos.examples.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * How things are listed: a table, JSON, or some of the columns with tabs between them.
 *
 * @param <T> the things
 * @param columns all there are
 * @param usual the keys of those that a table has
 */
record Listing<T>(List<Column<T>> columns, List<String> usual) {
    private static final String GAP = "   ";

    /**
     * Prints things.
     *
     * @param format {@code table}, {@code json}, or keys between commas
     * @throws IllegalArgumentException when the format is none
     */
    void print(PrintWriter out, String format, Collection<T> things) {
        switch (format) {
            case "json" -> out.println(pretty(array(things)));
            case "table" -> table(out, chosen(usual), things);
            default -> {
                var some = chosen(List.of(format.split(",", -1)));
                for (var thing : things) {
                    out.println(
                            some.stream()
                                    .map(column -> column.text().apply(thing))
                                    .collect(Collectors.joining("\t")));
                }
            }
        }
    }

    private List<Column<T>> chosen(List<String> keys) {
        var some = new ArrayList<Column<T>>();
        for (var key : keys) {
            some.add(
                    columns.stream()
                            .filter(column -> column.key().equals(key))
                            .findFirst()
                            .orElseThrow(() -> refused(key)));
        }
        return some;
    }

    private IllegalArgumentException refused(String key) {
        return new IllegalArgumentException(
                "--format \""
                        + key
                        + "\": must be table, json, or some of "
                        + columns.stream().map(Column::key).collect(Collectors.joining(",")));
    }

    private void table(PrintWriter out, List<Column<T>> some, Collection<T> things) {
        var lines = new ArrayList<List<String>>();
        lines.add(some.stream().map(Column::title).toList());
        for (var thing : things) {
            lines.add(some.stream().map(column -> column.text().apply(thing)).toList());
        }
        var widths = new int[some.size()];
        for (var line : lines) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], line.get(i).length());
            }
        }
        for (var line : lines) {
            var text = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                text.append(line.get(i)).repeat(' ', widths[i] - line.get(i).length()).append(GAP);
            }
            out.println(text.toString().stripTrailing());
        }
    }

    private ArrayNode array(Collection<T> things) {
        var array = JsonNodeFactory.instance.arrayNode();
        things.forEach(thing -> array.add(object(thing)));
        return array;
    }

    /** Returns one thing with all columns. */
    ObjectNode object(T thing) {
        var object = JsonNodeFactory.instance.objectNode();
        columns.forEach(column -> object.set(column.key(), column.json().apply(thing)));
        return object;
    }

    /** Writes JSON for people. */
    static String pretty(tools.jackson.databind.JsonNode json) {
        return JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(json);
    }
}
