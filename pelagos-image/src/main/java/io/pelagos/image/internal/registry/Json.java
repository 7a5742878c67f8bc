package io.pelagos.image.internal.registry;

import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** JSON that others wrote, some of it with secrets inside. */
final class Json {
    private static final JsonMapper MAPPER =
            JsonMapper.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                    .build();

    private Json() {}

    static ObjectNode newObject() {
        return MAPPER.createObjectNode();
    }

    /**
     * Reads an object. What is wrong is told without any of the text, which may hold secrets.
     *
     * @throws IllegalArgumentException when it is none; the message says where reading ended
     */
    static ObjectNode object(byte[] text) {
        JsonNode node;
        try {
            node = MAPPER.readTree(text);
        } catch (JacksonException e) {
            var location = e.getLocation();
            throw new IllegalArgumentException(
                    location == null
                            ? "is no JSON"
                            : "is no JSON, see line "
                                    + location.getLineNr()
                                    + ", column "
                                    + location.getColumnNr());
        }
        if (node instanceof ObjectNode object) {
            return object;
        }
        throw new IllegalArgumentException("is no JSON object");
    }

    /** Writes a document for people, indented. */
    static byte[] write(ObjectNode object) {
        return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(object);
    }

    /** A member that is a text. */
    static Optional<String> text(JsonNode object, String name) {
        var member = object.get(name);
        return member != null && member.isString()
                ? Optional.of(member.stringValue())
                : Optional.empty();
    }

    /** A member that is a text, or nothing. */
    static String textOrEmpty(JsonNode object, String name) {
        return text(object, name).orElse("");
    }

    /** A member that is an object, else an empty one. */
    static ObjectNode member(JsonNode object, String name) {
        return object.get(name) instanceof ObjectNode found ? found : newObject();
    }
}
