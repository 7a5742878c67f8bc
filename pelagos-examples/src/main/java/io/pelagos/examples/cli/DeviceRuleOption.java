package io.pelagos.examples.cli;

import io.pelagos.core.spec.Device;
import io.pelagos.core.spec.Resources;
import org.jspecify.annotations.Nullable;

/** A rule that allows devices, as docker writes it: {@code c 1:3 rwm}. */
final class DeviceRuleOption {
    private DeviceRuleOption() {}

    /**
     * Reads {@code TYPE MAJOR:MINOR ACCESS}.
     *
     * @param text type {@code a}, {@code b} or {@code c}; numbers or {@code *}; letters of {@code
     *     rwm}
     */
    // NullAway does not see the @Nullable of a nested type in the class file of another module.
    @SuppressWarnings("NullAway")
    static Resources.DeviceRule parse(String text) {
        var parts = text.strip().split(" +", -1);
        var numbers = parts.length == 3 ? parts[1].split(":", -1) : new String[0];
        if (numbers.length != 2) {
            throw refused(text);
        }
        return new Resources.DeviceRule(
                true,
                type(text, parts[0]),
                number(text, numbers[0]),
                number(text, numbers[1]),
                parts[2]);
    }

    private static Device.@Nullable Type type(String text, String letter) {
        return switch (letter) {
            case "a" -> null;
            case "b" -> Device.Type.BLOCK;
            case "c" -> Device.Type.CHARACTER;
            default -> throw refused(text);
        };
    }

    private static @Nullable Integer number(String text, String digits) {
        if (digits.equals("*")) {
            return null;
        }
        if (!digits.matches("[0-9]{1,7}")) {
            throw refused(text);
        }
        return Integer.valueOf(digits);
    }

    private static IllegalArgumentException refused(String text) {
        return new IllegalArgumentException("\"" + text + "\": must be like \"c 1:3 rwm\"");
    }
}
