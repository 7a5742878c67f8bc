package io.pelagos.core.internal.cgroup;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A file of lines {@code key number}, as {@code memory.events} and {@code cpu.stat}. Keys nobody
 * asks for and lines of another shape do no harm: every kernel adds some.
 */
final class FlatKeyed {
    /** A file that is not there. */
    static final FlatKeyed EMPTY = new FlatKeyed(Map.of());

    private final Map<String, Long> values;

    private FlatKeyed(Map<String, Long> values) {
        this.values = values;
    }

    static FlatKeyed parse(@Nullable String text) {
        if (text == null) {
            return EMPTY;
        }
        var values = new LinkedHashMap<String, Long>();
        for (var line : text.lines().toList()) {
            int blank = line.indexOf(' ');
            var number = blank < 0 ? null : number(line.substring(blank + 1));
            if (number != null) {
                values.put(line.substring(0, blank), number);
            }
        }
        return new FlatKeyed(values);
    }

    @Nullable Long get(String key) {
        return values.get(key);
    }

    long get(String key, long missing) {
        return values.getOrDefault(key, missing);
    }

    /** Returns a number, or null for {@code max}, for nothing, and for what is none. */
    static @Nullable Long number(@Nullable String text) {
        var digits = text == null ? "" : text.strip();
        if (!digits.matches("-?[0-9]{1,19}")) {
            return null;
        }
        try {
            return Long.valueOf(digits);
        } catch (NumberFormatException larger) {
            return null;
        }
    }
}
