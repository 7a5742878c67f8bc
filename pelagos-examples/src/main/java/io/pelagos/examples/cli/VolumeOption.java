package io.pelagos.examples.cli;

import io.pelagos.core.paths.PelagosPaths;
import io.pelagos.core.spec.Mount;
import java.nio.file.Path;

/** A bind mount in the short form: a path of the host, or the name of a volume. */
final class VolumeOption {
    private VolumeOption() {}

    /**
     * Reads {@code SRC:DST[:WORD,…]}.
     *
     * @param text for example {@code ./data:/data:ro}
     */
    static Mount.Bind parse(String text) {
        var parts = text.split(":", -1);
        if (parts.length < 2 || parts.length > 3 || parts[0].isEmpty()) {
            throw new IllegalArgumentException("\"" + text + "\": must be SRC:DST[:ro,…]");
        }
        boolean named = parts[0].indexOf('/') < 0 && !parts[0].startsWith(".");
        if (named && !parts[0].matches("[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")) {
            throw new IllegalArgumentException(
                    "\"" + text + "\": the name of a volume has letters, digits, '_', '.' and '-'");
        }
        var bind =
                named
                        ? Mount.bind(PelagosPaths.current().volumeDir(parts[0]), parts[1])
                                .createSource()
                        : Mount.bind(Path.of(parts[0]), parts[1]);
        if (parts.length == 3) {
            for (var word : parts[2].split(",", -1)) {
                bind = BindWord.apply(text, bind, word);
            }
        }
        return bind;
    }
}
