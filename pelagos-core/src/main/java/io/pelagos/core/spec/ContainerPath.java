package io.pelagos.core.spec;

import java.util.ArrayDeque;

/** The rule for paths inside a container. */
public final class ContainerPath {
    private static final int PATH_MAX = 4096;

    private ContainerPath() {}

    /**
     * Checks a path and brings it into its shortest form, without looking at any file.
     *
     * @param what names the option in the message
     * @param path an absolute path
     * @return the path without empty components, {@code .} and {@code ..}
     * @throws IllegalArgumentException when it is not absolute, too long, or contains NUL
     */
    public static String normalize(String what, String path) {
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException(
                    what + " \"" + path + "\": must be an absolute path inside the container");
        }
        if (path.length() >= PATH_MAX || path.indexOf('\0') >= 0) {
            throw new IllegalArgumentException(
                    what + " \"" + path + "\": contains NUL or is longer than a path may be");
        }
        var parts = new ArrayDeque<String>();
        for (var part : path.split("/", -1)) {
            switch (part) {
                case "", "." -> {}
                case ".." -> parts.pollLast();
                default -> parts.addLast(part);
            }
        }
        return "/" + String.join("/", parts);
    }

    /**
     * Counts the components of a normalized path.
     *
     * @param path a normalized path
     * @return 0 for {@code /}
     */
    public static int depth(String path) {
        return path.equals("/") ? 0 : (int) path.chars().filter(c -> c == '/').count();
    }
}
