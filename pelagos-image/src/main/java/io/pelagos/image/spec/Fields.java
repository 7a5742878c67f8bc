package io.pelagos.image.spec;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads the fields of a JSON object, each with its type; what is of another type is refused. */
final class Fields {
    private static final JsonMapper MAPPER =
            JsonMapper.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .build();

    private final String where;
    private final JsonNode node;

    private Fields(String where, JsonNode node) {
        this.where = where;
        this.node = node;
        if (!node.isObject()) {
            throw refused("must be an object");
        }
    }

    static Fields of(String document, byte[] bytes, int limit) {
        if (bytes.length > limit) {
            throw new BadContentException(
                    document + ": has " + bytes.length + " bytes; at most " + limit + " are read");
        }
        try {
            var text =
                    StandardCharsets.UTF_8
                            .newDecoder()
                            .decode(java.nio.ByteBuffer.wrap(bytes))
                            .toString();
            return new Fields(document, MAPPER.readTree(text));
        } catch (CharacterCodingException e) {
            throw new BadContentException(document + ": is not UTF-8", e);
        } catch (JacksonException e) {
            throw new BadContentException(
                    document + ": is not JSON: " + reason(e.getOriginalMessage()), e);
        }
    }

    /** Cuts off what the parser says about its source, which it does not know. */
    private static String reason(@Nullable String message) {
        var text = String.valueOf(message);
        int source = text.indexOf(" (for ");
        return source < 0 ? text : text.substring(0, source);
    }

    private BadContentException refused(String why) {
        return new BadContentException(where + ": " + why);
    }

    private BadContentException refused(String field, String why) {
        return new BadContentException(where + ": " + field + ": " + why);
    }

    private @Nullable JsonNode get(String field) {
        var value = node.get(field);
        return value == null || value.isNull() ? null : value;
    }

    boolean has(String field) {
        return get(field) != null;
    }

    @Nullable String text(String field) {
        var value = get(field);
        if (value == null) {
            return null;
        }
        if (!value.isString()) {
            throw refused(field, value + ": must be a string");
        }
        return value.stringValue();
    }

    String neededText(String field) {
        var value = text(field);
        if (value == null) {
            throw refused(field, "is missing");
        }
        return value;
    }

    boolean flag(String field) {
        var value = get(field);
        if (value != null && !value.isBoolean()) {
            throw refused(field, value + ": must be true or false");
        }
        return value != null && value.booleanValue();
    }

    @Nullable Long number(String field) {
        var value = get(field);
        if (value == null) {
            return null;
        }
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw refused(field, value + ": must be a whole number");
        }
        return value.longValue();
    }

    long size(String field) {
        var value = number(field);
        if (value == null) {
            throw refused(field, "is missing");
        }
        if (value < 0) {
            throw refused(field, value + ": must not be negative");
        }
        return value;
    }

    void schemaVersion() {
        var version = number("schemaVersion");
        if (version == null || version != 2) {
            throw refused("schemaVersion", version + ": must be 2");
        }
    }

    @Nullable String mediaType(String field) {
        var value = text(field);
        if (value != null && !MediaType.isValid(value)) {
            throw refused(field, "\"" + value + "\": is no media type");
        }
        return value;
    }

    String neededMediaType(String field) {
        neededText(field);
        return String.valueOf(mediaType(field));
    }

    @Nullable Instant time(String field) {
        var value = text(field);
        if (value == null || value.isEmpty()) {
            return null;
        }
        try {
            return OffsetDateTime.parse(value).toInstant();
        } catch (DateTimeException e) {
            throw new BadContentException(
                    where + ": " + field + ": \"" + value + "\": is no date and time (RFC 3339)",
                    e);
        }
    }

    List<String> texts(String field) {
        return list(
                field,
                (element, at) -> {
                    if (!element.isString()) {
                        throw refused(field + "[" + at + "]", element + ": must be a string");
                    }
                    return element.stringValue();
                });
    }

    List<URI> uris(String field) {
        var uris = new ArrayList<URI>();
        for (var text : texts(field)) {
            try {
                var uri = new URI(text);
                if (!uri.isAbsolute()) {
                    throw refused(field, "\"" + text + "\": is no URI with a scheme");
                }
                uris.add(uri);
            } catch (URISyntaxException e) {
                throw new BadContentException(
                        where + ": " + field + ": \"" + text + "\": is no URI", e);
            }
        }
        return List.copyOf(uris);
    }

    Map<String, String> textMap(String field) {
        var map = new LinkedHashMap<String, String>();
        for (var entry : entries(field)) {
            if (!entry.getValue().isString()) {
                throw refused(
                        field + "[\"" + entry.getKey() + "\"]",
                        entry.getValue() + ": must be a string");
            }
            map.put(entry.getKey(), entry.getValue().stringValue());
        }
        return Collections.unmodifiableMap(map);
    }

    /** The names of an object whose values mean nothing. */
    List<String> names(String field) {
        return entries(field).stream().map(Map.Entry::getKey).toList();
    }

    private List<Map.Entry<String, JsonNode>> entries(String field) {
        var value = get(field);
        if (value == null) {
            return List.of();
        }
        if (!value.isObject()) {
            throw refused(field, "must be an object");
        }
        return List.copyOf(value.properties());
    }

    <T> @Nullable T object(String field, Function<Fields, T> read) {
        var value = get(field);
        return value == null ? null : read.apply(new Fields(where + ": " + field, value));
    }

    <T> T neededObject(String field, Function<Fields, T> read) {
        var value = object(field, read);
        if (value == null) {
            throw refused(field, "is missing");
        }
        return value;
    }

    <T> List<T> objects(String field, Function<Fields, T> read) {
        return list(
                field,
                (element, at) ->
                        read.apply(new Fields(where + ": " + field + "[" + at + "]", element)));
    }

    private interface Element<T> {
        T read(JsonNode element, int at);
    }

    private <T> List<T> list(String field, Element<T> read) {
        var value = get(field);
        if (value == null) {
            return List.of();
        }
        if (!value.isArray()) {
            throw refused(field, "must be an array");
        }
        var all = new ArrayList<T>();
        for (var element : value) {
            all.add(read.read(element, all.size()));
        }
        return List.copyOf(all);
    }

    /** Runs a constructor that checks what it is given. */
    <T> T checked(java.util.function.Supplier<T> constructor) {
        try {
            return constructor.get();
        } catch (IllegalArgumentException e) {
            throw new BadContentException(where + ": " + e.getMessage(), e);
        }
    }
}
