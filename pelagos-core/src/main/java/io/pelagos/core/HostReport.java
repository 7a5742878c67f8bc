package io.pelagos.core;

import io.pelagos.core.internal.probe.Finding;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * What this host supports, item by item, each with the reason and with what to do about it.
 *
 * <p>{@link #toString()} prints it as an aligned table, {@link #toJson()} as JSON.
 *
 * @param items the items, in the order in which they are printed; the names are unique
 */
public record HostReport(List<Item> items) {
    /** A longer value does not push the reasons of all the others to the right. */
    private static final int MAX_VALUE = 12;

    /**
     * Makes a report.
     *
     * @param items the items, in the order in which they are printed
     * @throws IllegalArgumentException when two items have the same name
     */
    public HostReport {
        items = List.copyOf(items);
        for (int i = 0; i < items.size(); i++) {
            var name = items.get(i).name();
            if (items.subList(0, i).stream().anyMatch(item -> item.name().equals(name))) {
                throw new IllegalArgumentException("items: \"" + name + "\" is there twice");
            }
        }
    }

    /** Turns what was found into a report. */
    static HostReport of(List<Finding> findings) {
        return new HostReport(
                findings.stream()
                        .map(f -> new Item(f.name(), f.value(), f.reason(), f.remedy()))
                        .toList());
    }

    /**
     * Returns the item with a name.
     *
     * @param name for example {@code user namespaces}
     * @return the item, or nothing when the report has none of that name
     */
    public Optional<Item> item(String name) {
        return items.stream().filter(item -> item.name().equals(name)).findFirst();
    }

    /**
     * Returns the report as JSON: an object with an array {@code items} of objects with the members
     * {@code name}, {@code value}, {@code reason} and {@code remedy}.
     *
     * @return one line of JSON
     */
    public String toJson() {
        var report = JsonNodeFactory.instance.objectNode();
        var array = report.putArray("items");
        for (var item : items) {
            array.addObject()
                    .put("name", item.name())
                    .put("value", item.value())
                    .put("reason", item.reason())
                    .put("remedy", item.remedy());
        }
        return report.toString();
    }

    /** Returns a table: one line an item, with the name, the value, and the reason and remedy. */
    @Override
    public String toString() {
        int names = items.stream().mapToInt(item -> item.name().length()).max().orElse(0);
        int values = items.stream().mapToInt(item -> item.value().length()).max().orElse(0);
        return items.stream()
                .map(item -> line(item, names, Math.min(values, MAX_VALUE)))
                .collect(Collectors.joining("\n"));
    }

    private static String line(Item item, int names, int values) {
        var line = new StringBuilder(pad(item.name(), names)).append("   ");
        line.append(pad(item.value(), values)).append("   ").append(item.reason());
        if (!item.remedy().isEmpty()) {
            line.append(item.reason().isEmpty() ? "" : "; ").append(item.remedy());
        }
        return line.toString().stripTrailing();
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }

    /**
     * One thing that the host has or lacks.
     *
     * @param name what it is
     * @param value {@code yes}, {@code no}, {@code partly}, {@code unknown}, or a fact such as a
     *     version
     * @param reason why, or from what it is known; may be empty
     * @param remedy what to do about it; empty when there is nothing to do
     */
    public record Item(String name, String value, String reason, String remedy) {
        /**
         * Tells whether the host has it without restriction.
         *
         * @return whether the value is {@code yes}
         */
        public boolean isSupported() {
            return value.equals("yes");
        }
    }
}
