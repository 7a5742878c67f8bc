package io.pelagos.image.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a query or of a form, see application/x-www-form-urlencoded in the URL standard.
 *
 * @param values the values of each name, in their order
 */
record Fields(Map<String, List<String>> values) {
    static Fields parse(@Nullable String text) {
        var values = new LinkedHashMap<String, List<String>>();
        if (text != null) {
            for (var field : text.split("&", -1)) {
                int equals = field.indexOf('=');
                var name = equals < 0 ? field : field.substring(0, equals);
                var value = equals < 0 ? "" : field.substring(equals + 1);
                values.computeIfAbsent(decoded(name), _ -> new ArrayList<>()).add(decoded(value));
            }
        }
        return new Fields(values);
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, UTF_8);
        } catch (IllegalArgumentException _) {
            throw new RefusedRequest(400, "UNSUPPORTED", "field \"" + text + "\" is not encoded");
        }
    }

    List<String> all(String name) {
        return values.getOrDefault(name, List.of());
    }

    Optional<String> first(String name) {
        return all(name).stream().findFirst();
    }
}
