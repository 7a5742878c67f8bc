package io.pelagos.core.spec;

/**
 * A path at which a container's files differ from those of its layers.
 *
 * @param kind how
 * @param path an absolute path inside the container
 */
public record Change(Kind kind, String path) {
    /** How a path differs. */
    public enum Kind {
        /** No layer has it. */
        ADDED,
        /** It has been written to, or its owner, permissions or type have changed. */
        CHANGED,
        /** It is gone, with everything that was below it. */
        DELETED
    }

    /** Returns {@code A}, {@code C} or {@code D} and the path. */
    @Override
    public String toString() {
        return kind.name().charAt(0) + " " + path;
    }
}
