package io.pelagos.examples.cli;

import io.pelagos.core.spec.Rlimit;

/**
 * A resource limit.
 *
 * @param resource which
 * @param limit how much
 */
record UlimitOption(Rlimit resource, Rlimit.Limit limit) {
    /**
     * Reads {@code NAME=SOFT[:HARD]}; without a hard limit it is the soft one.
     *
     * @param text for example {@code nofile=1024:4096} or {@code core=unlimited}
     */
    static UlimitOption parse(String text) {
        var pair = KeyValue.parse(text);
        int colon = pair.value().indexOf(':');
        var soft = colon < 0 ? pair.value() : pair.value().substring(0, colon);
        var hard = colon < 0 ? soft : pair.value().substring(colon + 1);
        return new UlimitOption(
                Rlimit.parse(pair.key()), new Rlimit.Limit(amount(text, soft), amount(text, hard)));
    }

    private static long amount(String text, String number) {
        if (number.equals("unlimited") || number.equals("-1")) {
            return Rlimit.Limit.UNLIMITED;
        }
        if (number.isEmpty()
                || number.length() > 18
                || !number.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new IllegalArgumentException(
                    "\"" + text + "\": must be NAME=SOFT[:HARD], each a number or unlimited");
        }
        return Long.parseLong(number);
    }
}
