package io.pelagos.core.oci;

import io.pelagos.core.internal.json.Json;
import java.math.BigInteger;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the schema of the specification says of values; a refusal names the field. */
final class Checks {
    private Checks() {}

    static <T> T required(String field, @Nullable T value) {
        if (value == null) {
            throw new IllegalArgumentException(field + ": is missing");
        }
        return value;
    }

    static <T> List<T> copy(@Nullable List<T> list) {
        return list == null ? List.of() : List.copyOf(list);
    }

    static <T> Map<String, T> copy(@Nullable Map<String, T> map) {
        return map == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(map));
    }

    static void range(String field, @Nullable Long value, long least, long most) {
        if (value != null && (value < least || value > most)) {
            throw new IllegalArgumentException(
                    field + ": " + value + ": must be " + least + " to " + most);
        }
    }

    static void unsigned(String field, @Nullable BigInteger value) {
        if (value != null && (value.signum() < 0 || value.bitLength() > Long.SIZE)) {
            throw new IllegalArgumentException(
                    field + ": " + value + ": must be 0 to 18446744073709551615");
        }
    }

    static void match(String field, @Nullable String value, String pattern) {
        if (value != null && !value.matches(pattern)) {
            throw new IllegalArgumentException(
                    field + ": \"" + value + "\": must match " + pattern);
        }
    }

    static void not(String field, @Nullable Object value, Object excluded) {
        if (excluded.equals(value)) {
            throw new IllegalArgumentException(field + ": \"" + value + "\": cannot be that");
        }
    }

    static String object(String json) {
        var tree = Json.parse("part for another platform", json);
        if (!tree.isObject()) {
            throw new IllegalArgumentException(Json.show(tree) + ": must be an object");
        }
        return tree.toString();
    }
}
