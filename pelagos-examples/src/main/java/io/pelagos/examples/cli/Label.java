package io.pelagos.examples.cli;

/**
 * A note of the caller's own.
 *
 * @param key its key, not empty
 * @param value its value, empty unless given
 */
record Label(String key, String value) {
    /** Reads {@code KEY} or {@code KEY=VALUE}. */
    static Label parse(String text) {
        int equals = text.indexOf('=');
        if (text.isEmpty() || equals == 0) {
            throw new IllegalArgumentException("\"" + text + "\": must be KEY or KEY=VALUE");
        }
        return equals < 0
                ? new Label(text, "")
                : new Label(text.substring(0, equals), text.substring(equals + 1));
    }
}
