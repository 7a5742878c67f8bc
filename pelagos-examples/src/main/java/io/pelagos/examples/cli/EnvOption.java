package io.pelagos.examples.cli;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A variable of the environment.
 *
 * @param name its name, not empty
 * @param value its value, or null for the value that the caller has
 */
record EnvOption(String name, @Nullable String value) {
    /** Reads {@code NAME=VALUE} or {@code NAME}. */
    static EnvOption parse(String text) {
        int equals = text.indexOf('=');
        if (text.isEmpty() || equals == 0) {
            throw new IllegalArgumentException("\"" + text + "\": must be NAME=VALUE or NAME");
        }
        return equals < 0
                ? new EnvOption(text, null)
                : new EnvOption(text.substring(0, equals), text.substring(equals + 1));
    }

    /** Adds the variable; one that the caller is to give and does not have is left out. */
    void addTo(Map<String, String> environment, Map<String, String> caller) {
        var chosen = value == null ? caller.get(name) : value;
        if (chosen != null) {
            environment.put(name, chosen);
        }
    }
}
