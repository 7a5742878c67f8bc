package io.pelagos.core.internal.json;

import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** JSON text to trees and back. */
public final class Json {
    private static final int SHOWN = 120;

    private static final JsonMapper MAPPER =
            JsonMapper.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .build();

    private Json() {}

    /**
     * Parses a text.
     *
     * @param document what it is, for messages
     * @param text one JSON value and nothing else
     * @return the tree
     * @throws IllegalArgumentException when it is not JSON, or a field is there twice
     */
    public static JsonNode parse(String document, String text) {
        try {
            return MAPPER.readTree(text);
        } catch (JacksonException e) {
            var at = e.getLocation();
            var where =
                    at == null ? "" : " at line " + at.getLineNr() + ", column " + at.getColumnNr();
            throw new IllegalArgumentException(
                    document + ": is not JSON" + where + ": " + reason(e), e);
        }
    }

    /** Cuts off what the parser says about its source, which it does not know. */
    private static String reason(JacksonException e) {
        var message = String.valueOf(e.getOriginalMessage());
        int source = message.indexOf(" (for ");
        return source < 0 ? message : message.substring(0, source);
    }

    /**
     * Returns a new tree.
     *
     * @return an empty object
     */
    public static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    /**
     * Writes a tree.
     *
     * @param tree the tree
     * @return indented text
     */
    public static String print(JsonNode tree) {
        return MAPPER.writeValueAsString(tree);
    }

    /**
     * Returns a value as a message shows it.
     *
     * @param value any value
     * @return its JSON, cut when it is long
     */
    public static String show(JsonNode value) {
        var text = value.toString();
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "…";
    }
}
