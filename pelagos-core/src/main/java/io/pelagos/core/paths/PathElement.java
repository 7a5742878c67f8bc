package io.pelagos.core.paths;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/**
 * A name from outside that becomes exactly one element of a path, and can never be more than that.
 *
 * <p>Refused are: the empty name, {@code .} and {@code ..}, a slash, NUL and every other control
 * character or line separator, text that has no UTF-8 form, and names so long that no room is left
 * for what is put around them on disk ({@code hosts.NAME}, {@code NAME.partial}). The kernel's own
 * limit is 255 bytes for one element, NAME_MAX in path_resolution(7).
 *
 * @param option what the name is, as its user knows it; errors begin with it
 * @param value the name
 */
public record PathElement(String option, String value) {
    /** The longest name, in bytes of UTF-8: NAME_MAX less 16 for prefixes and suffixes. */
    public static final int MAX_BYTES = 255 - 16;

    private static final int SHOWN = 64;

    /**
     * Checks the name.
     *
     * @throws IllegalArgumentException if the name cannot safely be one element of a path
     */
    public PathElement {
        if (value.isEmpty()) {
            throw new IllegalArgumentException(option + ": is empty");
        }
        if (value.equals(".") || value.equals("..")) {
            throw refused(option, value, "names a directory relative to another");
        }
        value.codePoints().forEach(c -> checkCharacter(option, value, c));
        var bytes = value.getBytes(UTF_8).length;
        if (bytes > MAX_BYTES) {
            throw refused(option, value, "has " + bytes + " bytes, more than " + MAX_BYTES);
        }
    }

    /**
     * Returns the path of this name in a directory.
     *
     * @param directory where the name is
     * @return a direct child of the directory
     * @throws IllegalArgumentException if the JVM's own encoding of file names (that of the locale
     *     it was started in) cannot express the name
     */
    public Path in(Path directory) {
        try {
            return directory.resolve(value);
        } catch (InvalidPathException e) {
            var why = "has no form in the file name encoding of this JVM; use a UTF-8 locale";
            var refused = refused(option, value, why);
            refused.initCause(e);
            throw refused;
        }
    }

    static IllegalArgumentException refused(String option, String value, String why) {
        return new IllegalArgumentException(option + ": \"" + printable(value) + "\" " + why);
    }

    private static void checkCharacter(String option, String value, int c) {
        if (c == '/') {
            throw refused(option, value, "contains a slash");
        }
        switch (Character.getType(c)) {
            case Character.CONTROL, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR ->
                    throw refused(option, value, "contains a control character");
            case Character.SURROGATE ->
                    throw refused(option, value, "contains half a surrogate pair");
            default -> {}
        }
    }

    /** Shows a hostile name without letting it write to the terminal that shows the error. */
    private static String printable(String value) {
        var shown = new StringBuilder();
        value.codePoints()
                .limit(SHOWN)
                .forEach(
                        c -> {
                            if (isPlain(c)) {
                                shown.appendCodePoint(c);
                            } else {
                                shown.append(String.format("\\u{%x}", c));
                            }
                        });
        return value.codePointCount(0, value.length()) > SHOWN ? shown + "…" : shown.toString();
    }

    private static boolean isPlain(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE ->
                    false;
            default -> true;
        };
    }
}
