package io.pelagos.examples.cli;

import java.util.List;
import java.util.Locale;

/** Bytes as people read them. */
final class Sizes {
    private static final List<String> UNITS = List.of("B", "KiB", "MiB", "GiB", "TiB", "PiB");
    private static final double STEP = 1024;

    private Sizes() {}

    static String shown(long bytes) {
        double rest = bytes;
        int unit = 0;
        while (rest >= STEP && unit < UNITS.size() - 1) {
            rest /= STEP;
            unit++;
        }
        return unit == 0
                ? bytes + " B"
                : String.format(Locale.ROOT, "%.1f %s", rest, UNITS.get(unit));
    }
}
