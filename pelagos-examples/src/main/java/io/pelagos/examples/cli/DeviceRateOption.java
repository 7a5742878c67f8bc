package io.pelagos.examples.cli;

import java.nio.file.Path;

/**
 * What holds for one block device of the host.
 *
 * @param device its node
 * @param amount how much, as text
 */
record DeviceRateOption(Path device, String amount) {
    /** Reads {@code PATH:AMOUNT}. */
    static DeviceRateOption parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 1 || !text.startsWith("/") || colon == text.length() - 1) {
            throw new IllegalArgumentException(
                    "\"" + text + "\": must be PATH:AMOUNT, such as /dev/sda:1m");
        }
        return new DeviceRateOption(Path.of(text.substring(0, colon)), text.substring(colon + 1));
    }
}
