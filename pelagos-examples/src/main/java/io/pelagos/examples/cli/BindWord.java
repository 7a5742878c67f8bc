package io.pelagos.examples.cli;

import io.pelagos.core.spec.Mount;
import java.util.EnumSet;

/** The words that change a bind mount. */
final class BindWord {
    private BindWord() {}

    /**
     * Applies a word.
     *
     * @param text the whole option, for messages
     * @param bind the mount so far
     * @param word for example {@code ro} or {@code rslave}
     */
    static Mount.Bind apply(String text, Mount.Bind bind, String word) {
        if (word.startsWith("idmap=")) {
            return bind.idMapped(IdMappingOption.parse(text, word.substring("idmap=".length())));
        }
        return switch (word) {
            case "idmap" -> bind.idMapped();
            case "ro", "readonly" -> bind.with(Mount.Option.READ_ONLY);
            case "rw" -> without(bind, Mount.Option.READ_ONLY);
            case "nosuid" -> bind.with(Mount.Option.NOSUID);
            case "suid" -> without(bind, Mount.Option.NOSUID);
            case "nodev" -> bind.with(Mount.Option.NODEV);
            case "dev" -> without(bind, Mount.Option.NODEV);
            case "noexec" -> bind.with(Mount.Option.NOEXEC);
            case "exec" -> without(bind, Mount.Option.NOEXEC);
            case "noatime" -> bind.with(Mount.Option.NOATIME);
            case "bind" -> bind.nonRecursive();
            case "rbind" -> bind;
            case "private", "rprivate" -> bind.propagation(Mount.Propagation.PRIVATE);
            case "slave", "rslave" -> bind.propagation(Mount.Propagation.SLAVE);
            case "shared", "rshared" -> bind.propagation(Mount.Propagation.SHARED);
            case "unbindable", "runbindable" -> bind.propagation(Mount.Propagation.UNBINDABLE);
            default ->
                    throw new IllegalArgumentException(
                            "\""
                                    + text
                                    + "\": "
                                    + word
                                    + " is none of ro, rw, [no]suid, [no]dev, [no]exec, noatime,"
                                    + " bind, rbind, [r]private, [r]slave, [r]shared,"
                                    + " [r]unbindable, idmap[=…]");
        };
    }

    private static Mount.Bind without(Mount.Bind bind, Mount.Option option) {
        var options = EnumSet.noneOf(Mount.Option.class);
        options.addAll(bind.options());
        options.remove(option);
        return new Mount.Bind(
                bind.source(),
                bind.target(),
                bind.recursive(),
                options,
                bind.propagation(),
                bind.makesSource(),
                bind.idMapping());
    }
}
