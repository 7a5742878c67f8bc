package io.pelagos.core.internal.cgroup;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A line of the table of limits: which option of the caller ends up as which text in which file.
 *
 * @param option the option and its value in the caller's words, for messages
 * @param controller what must be in the hierarchy for the files to be there, as version 2 names it;
 *     {@code cgroup} for files that need no controller
 * @param writes the files that may hold it, in the order of preference; the first that exists is
 *     written. Empty when the version has nothing like it
 * @param unsupported why there is no file, or null when there is
 */
record Setting(String option, String controller, List<Write> writes, @Nullable String unsupported) {
    /** A text and the file it is written to. */
    record Write(String file, String text) {}

    /** Returns a setting with one file. */
    static Setting of(String option, String controller, String file, String text) {
        return new Setting(option, controller, List.of(new Write(file, text)), null);
    }

    /** Returns a setting that two files may hold. */
    static Setting either(String option, String controller, Write first, Write second) {
        return new Setting(option, controller, List.of(first, second), null);
    }

    /** Returns a setting that cannot be had. */
    static Setting unsupported(String option, String controller, String why) {
        return new Setting(option, controller, List.of(), why);
    }

    /** Returns the line of the table. */
    @Override
    public String toString() {
        var text = new StringBuilder(option).append(" ->");
        for (var write : writes) {
            text.append(' ').append(write.file).append(" \"").append(write.text).append('"');
        }
        return unsupported == null ? text.toString() : text + " " + unsupported;
    }
}
