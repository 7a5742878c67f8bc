package io.pelagos.examples.cli;

import io.pelagos.core.spec.IdMap;
import io.pelagos.core.spec.IdMapping;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Which owners a mount shows: {@code uids=DISK-HOST-COUNT[#…];gids=DISK-HOST-COUNT[#…]}. */
final class IdMappingOption {
    private static final Pattern RANGES =
            Pattern.compile(
                    "[0-9]{1,10}-[0-9]{1,10}-[0-9]{1,10}(#[0-9]{1,10}-[0-9]{1,10}-[0-9]{1,10})*");

    private IdMappingOption() {}

    /**
     * Reads a mapping.
     *
     * @param text the whole option, for messages
     * @param value for example {@code uids=1000-0-1;gids=1000-0-1}
     */
    static IdMapping parse(String text, String value) {
        var parts = value.split(";", -1);
        if (parts.length != 2 || !parts[0].startsWith("uids=") || !parts[1].startsWith("gids=")) {
            throw refused(text);
        }
        return new IdMapping(ranges(text, parts[0]), ranges(text, parts[1]));
    }

    private static List<IdMap> ranges(String text, String part) {
        var ranges = part.substring("uids=".length());
        if (!RANGES.matcher(ranges).matches()) {
            throw refused(text);
        }
        return Stream.of(ranges.split("#", -1)).map(IdMappingOption::range).toList();
    }

    private static IdMap range(String range) {
        var numbers = range.split("-", -1);
        return new IdMap(
                Long.parseLong(numbers[0]), Long.parseLong(numbers[1]), Long.parseLong(numbers[2]));
    }

    private static IllegalArgumentException refused(String text) {
        return new IllegalArgumentException(
                "\""
                        + text
                        + "\": must be idmap, or"
                        + " idmap=uids=DISK-HOST-COUNT[#…];gids=DISK-HOST-COUNT[#…]");
    }
}
