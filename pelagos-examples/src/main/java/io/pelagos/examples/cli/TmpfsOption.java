package io.pelagos.examples.cli;

import io.pelagos.core.spec.ByteSize;
import io.pelagos.core.spec.FileMode;
import io.pelagos.core.spec.Mount;
import java.util.EnumSet;

/** A file system in memory in the short form. */
final class TmpfsOption {
    private TmpfsOption() {}

    /**
     * Reads {@code DST[:WORD,…]}.
     *
     * @param text for example {@code /scratch:size=64m,mode=0700,exec}
     */
    static Mount.Tmpfs parse(String text) {
        int colon = text.indexOf(':');
        var mount = Mount.tmpfs(colon < 0 ? text : text.substring(0, colon));
        if (colon >= 0) {
            for (var word : text.substring(colon + 1).split(",", -1)) {
                mount = apply(text, mount, word);
            }
        }
        return mount;
    }

    private static Mount.Tmpfs apply(String text, Mount.Tmpfs mount, String word) {
        if (word.startsWith("size=")) {
            return mount.size(ByteSize.parse(word.substring(5)));
        }
        if (word.startsWith("mode=")) {
            return mount.mode(FileMode.of(word.substring(5)));
        }
        return switch (word) {
            case "ro" -> mount.with(Mount.Option.READ_ONLY);
            case "rw" -> without(mount, Mount.Option.READ_ONLY);
            case "nosuid" -> mount.with(Mount.Option.NOSUID);
            case "suid" -> without(mount, Mount.Option.NOSUID);
            case "nodev" -> mount.with(Mount.Option.NODEV);
            case "dev" -> without(mount, Mount.Option.NODEV);
            case "noexec" -> mount.with(Mount.Option.NOEXEC);
            case "exec" -> without(mount, Mount.Option.NOEXEC);
            case "noatime" -> mount.with(Mount.Option.NOATIME);
            default ->
                    throw new IllegalArgumentException(
                            "\""
                                    + text
                                    + "\": "
                                    + word
                                    + " is none of size=, mode=, ro, rw, [no]suid, [no]dev, [no]exec,"
                                    + " noatime");
        };
    }

    private static Mount.Tmpfs without(Mount.Tmpfs mount, Mount.Option option) {
        var options = EnumSet.noneOf(Mount.Option.class);
        options.addAll(mount.options());
        options.remove(option);
        return new Mount.Tmpfs(mount.target(), mount.size(), mount.mode(), options);
    }
}
