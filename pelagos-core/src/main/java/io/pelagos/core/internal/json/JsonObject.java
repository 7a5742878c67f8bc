package io.pelagos.core.internal.json;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * An object of a JSON document that is read field by field, and remembers which were read. A field
 * that is null counts as absent. Every method throws {@link IllegalArgumentException} that names
 * the document, the path and the value when the value is not what is asked for.
 */
public final class JsonObject {
    private static final BigInteger MAX_UNSIGNED =
            BigInteger.ONE.shiftLeft(Long.SIZE).subtract(BigInteger.ONE);

    private final String document;
    private final String path;
    private final JsonNode node;
    private final Set<String> read = new HashSet<>();
    private final Map<String, JsonObject> children = new LinkedHashMap<>();

    private JsonObject(String document, String path, JsonNode node) {
        this.document = document;
        this.path = path;
        this.node = node;
        if (!node.isObject()) {
            throw refusal(path, node, "must be an object");
        }
    }

    /**
     * Parses a document.
     *
     * @param document what it is, for messages
     * @param text the document
     * @return the object at its top
     */
    public static JsonObject parse(String document, String text) {
        return new JsonObject(document, "", Json.parse(document, text));
    }

    /**
     * Returns the names of all fields, also of those that are null.
     *
     * @return the names in the order of the document
     */
    public List<String> names() {
        return List.copyOf(node.propertyNames());
    }

    /**
     * Reads a text.
     *
     * @param field its name
     * @return the text
     */
    public String text(String field) {
        return asText(pathOf(field), required(field));
    }

    /**
     * Reads a text.
     *
     * @param field its name
     * @return the text, or null when it is absent
     */
    public @Nullable String optionalText(String field) {
        var value = get(field);
        return value == null ? null : asText(pathOf(field), value);
    }

    /**
     * Reads a text and converts it.
     *
     * @param field its name
     * @param parse the conversion, which refuses by IllegalArgumentException
     * @param <T> what it is converted to
     * @return what it is converted to
     */
    public <T> T text(String field, Function<String, T> parse) {
        var text = text(field);
        return checked(field, () -> parse.apply(text));
    }

    /**
     * Reads a constant, written in lower case with hyphens.
     *
     * @param field its name
     * @param type the constants
     * @param <E> the type
     * @return the constant
     */
    public <E extends Enum<E>> E constant(String field, Class<E> type) {
        return text(field, text -> constantOf(type, text));
    }

    /**
     * Reads constants, written in lower case with hyphens.
     *
     * @param field the name of an array
     * @param type the constants
     * @param <E> the type
     * @return the constants; none when it is absent
     */
    public <E extends Enum<E>> List<E> constants(String field, Class<E> type) {
        return texts(field, text -> constantOf(type, text));
    }

    /**
     * Returns a constant as {@link #constant} reads it.
     *
     * @param constant the constant
     * @return its name in lower case with hyphens
     */
    public static String nameOf(Enum<?> constant) {
        return constant.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }

    private static <E extends Enum<E>> E constantOf(Class<E> type, String text) {
        var names = new ArrayList<String>();
        for (var constant : type.getEnumConstants()) {
            if (nameOf(constant).equals(text)) {
                return constant;
            }
            names.add(nameOf(constant));
        }
        throw new IllegalArgumentException("must be one of " + String.join(", ", names));
    }

    /**
     * Reads a boolean.
     *
     * @param field its name
     * @param absent what an absent one stands for
     * @return the boolean
     */
    public boolean flag(String field, boolean absent) {
        var value = get(field);
        if (value == null) {
            return absent;
        }
        if (!value.isBoolean()) {
            throw refusal(pathOf(field), value, "must be true or false");
        }
        return value.booleanValue();
    }

    /**
     * Reads a boolean that must be there.
     *
     * @param field its name
     * @return the boolean
     */
    public boolean flag(String field) {
        required(field);
        return flag(field, false);
    }

    /**
     * Reads a boolean.
     *
     * @param field its name
     * @return the boolean, or null when it is absent
     */
    public @Nullable Boolean optionalFlag(String field) {
        return get(field) == null ? null : Boolean.valueOf(flag(field, false));
    }

    /**
     * Reads a whole number.
     *
     * @param field its name
     * @return the number
     */
    public long number(String field) {
        return asNumber(pathOf(field), required(field));
    }

    /**
     * Reads a whole number of 32 bits.
     *
     * @param field its name
     * @return the number
     */
    public int smallNumber(String field) {
        return checked(field, () -> Math.toIntExact(number(field)));
    }

    /**
     * Reads a whole number.
     *
     * @param field its name
     * @return the number, or null when it is absent
     */
    public @Nullable Long optionalNumber(String field) {
        return get(field) == null ? null : Long.valueOf(number(field));
    }

    /**
     * Reads a whole number of 32 bits.
     *
     * @param field its name
     * @return the number, or null when it is absent
     */
    public @Nullable Integer optionalSmallNumber(String field) {
        return get(field) == null ? null : Integer.valueOf(smallNumber(field));
    }

    /**
     * Reads a whole number from 0 to 18446744073709551615.
     *
     * @param field its name
     * @return its 64 bits, to be read as unsigned
     */
    public long unsigned(String field) {
        var value = required(field);
        if (!value.isIntegralNumber()
                || value.bigIntegerValue().signum() < 0
                || value.bigIntegerValue().compareTo(MAX_UNSIGNED) > 0) {
            throw refusal(pathOf(field), value, "must be a whole number from 0 to " + MAX_UNSIGNED);
        }
        return value.bigIntegerValue().longValue();
    }

    /**
     * Reads an object.
     *
     * @param field its name
     * @return the object
     */
    public JsonObject object(String field) {
        return child(pathOf(field), required(field));
    }

    /**
     * Reads an object.
     *
     * @param field its name
     * @return the object, or null when it is absent
     */
    public @Nullable JsonObject optionalObject(String field) {
        var value = get(field);
        return value == null ? null : child(pathOf(field), value);
    }

    /**
     * Reads an array of objects.
     *
     * @param field its name
     * @return the objects; none when it is absent
     */
    public List<JsonObject> objects(String field) {
        return elements(field, this::child);
    }

    /**
     * Reads an array of texts.
     *
     * @param field its name
     * @return the texts; none when it is absent
     */
    public List<String> texts(String field) {
        return elements(field, this::asText);
    }

    /**
     * Reads an array of texts and converts them.
     *
     * @param field its name
     * @param parse the conversion, which refuses by IllegalArgumentException
     * @param <T> what they are converted to
     * @return what they are converted to; none when the array is absent
     */
    public <T> List<T> texts(String field, Function<String, T> parse) {
        return elements(
                field,
                (at, value) -> {
                    var text = asText(at, value);
                    return checkedAt(at, value, () -> parse.apply(text));
                });
    }

    /**
     * Reads an array of whole numbers.
     *
     * @param field its name
     * @return the numbers; none when it is absent
     */
    public List<Long> numbers(String field) {
        return elements(field, this::asNumber);
    }

    /**
     * Reads an object whose values are texts.
     *
     * @param field its name
     * @return the texts in the order of the document; none when it is absent
     */
    public Map<String, String> textMap(String field) {
        var map = new LinkedHashMap<String, String>();
        var object = optionalObject(field);
        if (object != null) {
            object.names().forEach(name -> map.put(name, object.text(name)));
        }
        return Collections.unmodifiableMap(map);
    }

    /**
     * Reads any value.
     *
     * @param field its name
     * @return its JSON text, or null when it is absent
     */
    public @Nullable String json(String field) {
        var value = get(field);
        return value == null ? null : value.toString();
    }

    /**
     * Makes a value of what was read, and lets a refusal name this object.
     *
     * @param value makes the value
     * @param <T> its type
     * @return the value
     */
    public <T> T checked(Supplier<T> value) {
        try {
            return value.get();
        } catch (IllegalArgumentException e) {
            throw nested(path.isEmpty() ? "" : path + ": ", e);
        }
    }

    /**
     * Makes a value of a field, and lets a refusal name the field.
     *
     * @param field the field
     * @param value makes the value
     * @param <T> its type
     * @return the value
     */
    public <T> T checked(String field, Supplier<T> value) {
        var shown = get(field);
        return checkedAt(pathOf(field), shown, value);
    }

    /**
     * Makes a value of a field that is a document of its own, and lets a refusal name the field but
     * not show all of it.
     *
     * @param field the field
     * @param value makes the value; its refusal names the place in the inner document
     * @param <T> its type
     * @return the value
     */
    public <T> T inner(String field, Supplier<T> value) {
        return checkedAt(pathOf(field), null, value);
    }

    /**
     * Returns the refusal of a field.
     *
     * @param field the field
     * @param why what is wrong with its value
     * @return to be thrown
     */
    public IllegalArgumentException refuse(String field, String why) {
        return refusal(pathOf(field), get(field), why);
    }

    /**
     * Refuses what nobody read, here and in all objects that were read from here.
     *
     * @param tolerated values that may be there unread
     * @param why what is wrong with the others
     */
    public void refuseUnread(Predicate<JsonNode> tolerated, String why) {
        for (var name : names()) {
            var value = node.get(name);
            if (!read.contains(name) && !tolerated.test(value)) {
                throw refusal(pathOf(name), value, why);
            }
        }
        children.values().forEach(child -> child.refuseUnread(tolerated, why));
    }

    private <T> T checkedAt(String at, @Nullable JsonNode shown, Supplier<T> value) {
        try {
            return value.get();
        } catch (ArithmeticException e) {
            throw refusal(at, shown, "is out of range");
        } catch (IllegalArgumentException e) {
            throw nested(at + ": " + (shown == null ? "" : Json.show(shown) + ": "), e);
        }
    }

    /** Adds the place to a message, unless it comes from a deeper object and has it already. */
    private IllegalArgumentException nested(String place, IllegalArgumentException cause) {
        var message = String.valueOf(cause.getMessage());
        return message.startsWith(document + ": ")
                ? cause
                : new IllegalArgumentException(document + ": " + place + message, cause);
    }

    private interface Element<T> {
        T read(String at, JsonNode value);
    }

    private <T> List<T> elements(String field, Element<T> element) {
        var array = get(field);
        if (array == null) {
            return List.of();
        }
        if (!array.isArray()) {
            throw refusal(pathOf(field), array, "must be an array");
        }
        var elements = new ArrayList<T>();
        for (int i = 0; i < array.size(); i++) {
            elements.add(element.read(pathOf(field) + "[" + i + "]", array.get(i)));
        }
        return List.copyOf(elements);
    }

    private JsonObject child(String at, JsonNode value) {
        return children.computeIfAbsent(at, _ -> new JsonObject(document, at, value));
    }

    private String asText(String at, JsonNode value) {
        if (!value.isString()) {
            throw refusal(at, value, "must be text");
        }
        return value.stringValue();
    }

    private long asNumber(String at, JsonNode value) {
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw refusal(at, value, "must be a whole number of 64 bits");
        }
        return value.longValue();
    }

    private JsonNode required(String field) {
        var value = get(field);
        if (value == null) {
            throw refusal(pathOf(field), null, "is missing");
        }
        return value;
    }

    private @Nullable JsonNode get(String field) {
        read.add(field);
        var value = node.get(field);
        return value == null || value.isNull() ? null : value;
    }

    private String pathOf(String field) {
        return path.isEmpty() ? field : path + "." + field;
    }

    private IllegalArgumentException refusal(String at, @Nullable JsonNode value, String why) {
        var place = at.isEmpty() ? "" : at + ": ";
        var shown = value == null ? "" : Json.show(value) + ": ";
        return new IllegalArgumentException(document + ": " + place + shown + why);
    }
}
