package io.pelagos.core.paths;

import java.util.regex.Pattern;

/**
 * A SHA-256 digest as it appears in file names: 64 lower-case hexadecimal digits and nothing else.
 *
 * @param hex the digits
 */
record Sha256(String hex) {
    private static final String PREFIX = "sha256:";
    private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");

    /**
     * Reads a digest with or without its algorithm in front.
     *
     * @param option what the digest is, for the error
     * @param value as in {@code sha256:9f86…} or {@code 9f86…}
     * @throws IllegalArgumentException if it is anything else
     */
    static Sha256 of(String option, String value) {
        var hex = value.startsWith(PREFIX) ? value.substring(PREFIX.length()) : value;
        if (!HEX.matcher(hex).matches()) {
            throw PathElement.refused(
                    option, value, "is not 64 lower-case hexadecimal digits after \"sha256:\"");
        }
        return new Sha256(hex);
    }
}
