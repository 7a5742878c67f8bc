package io.pelagos.image.internal.layer;

import io.pelagos.image.spec.BadContentException;
import java.util.ArrayDeque;

/**
 * The path of a file in a layer: relative to its root, without {@code .} and {@code ..}.
 *
 * @param text the path, empty for the root itself
 */
record EntryPath(String text) {
    static final String WHITEOUT = ".wh.";
    static final String OPAQUE = ".wh..wh..opq";

    /** Other names with this beginning are notes that aufs keeps for itself. */
    private static final String AUFS = ".wh..wh.";

    /** Reads what an archive says. An absolute path begins at the root of the layer. */
    static EntryPath of(String name, UnpackLimits limits) {
        var parts = new ArrayDeque<String>();
        for (var part : name.split("/", -1)) {
            switch (part) {
                case "", "." -> {}
                case ".." -> {
                    if (parts.pollLast() == null) {
                        throw refused(name, "leads out of the layer");
                    }
                }
                default -> parts.addLast(part);
            }
        }
        if (parts.size() > limits.depth()) {
            throw UnpackLimits.exceeded("depth", limits.depth(), "directories around a file");
        }
        if (name.indexOf('\0') >= 0) {
            throw refused(name.replace('\0', '?'), "has a NUL");
        }
        return new EntryPath(String.join("/", parts));
    }

    private static BadContentException refused(String name, String why) {
        return new BadContentException("unpacking a layer: \"" + name + "\": " + why);
    }

    boolean isRoot() {
        return text.isEmpty();
    }

    String parent() {
        int slash = text.lastIndexOf('/');
        return slash < 0 ? "" : text.substring(0, slash);
    }

    String name() {
        return text.substring(text.lastIndexOf('/') + 1);
    }

    boolean isOpaqueMark() {
        return name().equals(OPAQUE);
    }

    boolean isNoteOfAufs() {
        return !isOpaqueMark() && (text.startsWith(AUFS) || text.contains("/" + AUFS));
    }

    boolean isWhiteout() {
        return name().startsWith(WHITEOUT);
    }

    /** Returns the path of what a whiteout says is gone. */
    EntryPath hidden() {
        var name = name().substring(WHITEOUT.length());
        if (name.isEmpty() || name.equals(".") || name.equals("..")) {
            throw refused(text, "invalid whiteout entry");
        }
        return new EntryPath(parent().isEmpty() ? name : parent() + "/" + name);
    }
}
