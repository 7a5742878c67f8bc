package io.pelagos.examples.cli;

import io.pelagos.core.spec.IdMap;

/** A range of ids, {@code CONTAINER:HOST:COUNT}. */
final class IdMapOption {
    private IdMapOption() {}

    static IdMap parse(String text) {
        var parts = text.split(":", -1);
        if (parts.length != 3 || !text.matches("[0-9]{1,10}:[0-9]{1,10}:[0-9]{1,10}")) {
            throw new IllegalArgumentException("\"" + text + "\": must be CONTAINER:HOST:COUNT");
        }
        return new IdMap(
                Long.parseLong(parts[0]), Long.parseLong(parts[1]), Long.parseLong(parts[2]));
    }
}
