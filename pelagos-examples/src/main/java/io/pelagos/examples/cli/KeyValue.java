package io.pelagos.examples.cli;

/**
 * A name and its value.
 *
 * @param key the name, not empty
 * @param value the value
 */
record KeyValue(String key, String value) {
    /** Reads {@code KEY=VALUE}. */
    static KeyValue parse(String text) {
        int equals = text.indexOf('=');
        if (equals < 1) {
            throw new IllegalArgumentException("\"" + text + "\": must be KEY=VALUE");
        }
        return new KeyValue(text.substring(0, equals), text.substring(equals + 1));
    }
}
