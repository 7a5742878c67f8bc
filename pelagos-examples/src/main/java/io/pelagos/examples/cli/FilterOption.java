package io.pelagos.examples.cli;

import io.pelagos.core.ContainerFilter;
import io.pelagos.core.ContainerInfo;
import java.util.Locale;

/** Which containers are meant: {@code name=PART}, {@code label=KEY[=VALUE]}, {@code status=…}. */
final class FilterOption {
    private FilterOption() {}

    static ContainerFilter parse(String text) {
        var pair = KeyValue.parse(text);
        return switch (pair.key()) {
            case "name" -> ContainerFilter.name(pair.value());
            case "label" -> label(pair.value());
            case "status" -> ContainerFilter.status(status(text, pair.value()));
            default ->
                    throw new IllegalArgumentException(
                            "\"" + text + "\": must be name=, label= or status=");
        };
    }

    private static ContainerFilter label(String text) {
        int equals = text.indexOf('=');
        return equals < 0
                ? ContainerFilter.label(text)
                : ContainerFilter.label(text.substring(0, equals), text.substring(equals + 1));
    }

    private static ContainerInfo.Status status(String text, String word) {
        for (var status : ContainerInfo.Status.values()) {
            if (status.name().toLowerCase(Locale.ROOT).equals(word)) {
                return status;
            }
        }
        throw new IllegalArgumentException("\"" + text + "\": status is running or exited");
    }
}
