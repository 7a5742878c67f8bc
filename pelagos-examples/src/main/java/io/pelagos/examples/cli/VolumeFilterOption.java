package io.pelagos.examples.cli;

import io.pelagos.core.VolumeFilter;

/** Which volumes are meant: {@code name=PART}, {@code label=KEY[=VALUE]}, {@code dangling=…}. */
final class VolumeFilterOption {
    private VolumeFilterOption() {}

    static VolumeFilter parse(String text) {
        var pair = KeyValue.parse(text);
        return switch (pair.key()) {
            case "name" -> VolumeFilter.name(pair.value());
            case "label" -> label(pair.value());
            case "dangling" ->
                    switch (pair.value()) {
                        case "true", "1" -> VolumeFilter.used(false);
                        case "false", "0" -> VolumeFilter.used(true);
                        default ->
                                throw new IllegalArgumentException(
                                        "\"" + text + "\": dangling is true or false");
                    };
            default ->
                    throw new IllegalArgumentException(
                            "\"" + text + "\": must be name=, label= or dangling=");
        };
    }

    private static VolumeFilter label(String text) {
        int equals = text.indexOf('=');
        return equals < 0
                ? VolumeFilter.label(text)
                : VolumeFilter.label(text.substring(0, equals), text.substring(equals + 1));
    }
}
