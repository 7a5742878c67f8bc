package io.pelagos.examples.cli;

import java.util.function.Function;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * Something that can be printed about each of several things.
 *
 * @param <T> the things
 * @param key its name in {@code --format}, in the field names of JSON
 * @param title its name above a table
 * @param json its value
 * @param text what a table shows
 */
record Column<T>(String key, String title, Function<T, JsonNode> json, Function<T, String> text) {
    /** A column of texts. */
    static <T> Column<T> text(String key, String title, Function<T, String> text) {
        return new Column<>(
                key, title, thing -> JsonNodeFactory.instance.stringNode(text.apply(thing)), text);
    }

    /** A column of numbers. */
    static <T> Column<T> number(String key, String title, Function<T, Long> number) {
        return new Column<>(
                key,
                title,
                thing -> JsonNodeFactory.instance.numberNode(number.apply(thing)),
                thing -> Long.toString(number.apply(thing)));
    }

    /** Returns the same column with another text in tables. */
    Column<T> shown(Function<T, String> other) {
        return new Column<>(key, title, json, other);
    }
}
