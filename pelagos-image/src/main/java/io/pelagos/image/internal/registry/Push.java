package io.pelagos.image.internal.registry;

import java.util.List;

/**
 * How a blob is pushed.
 *
 * @param mountFrom repositories of the same registry that may have it already
 * @param chunk how many bytes go into one request, zero for all
 */
public record Push(List<String> mountFrom, long chunk) {
    /** In one request. */
    public static final Push WHOLE = new Push(List.of(), 0);

    /** Copies the list. */
    public Push {
        mountFrom = List.copyOf(mountFrom);
        if (chunk < 0) {
            throw new IllegalArgumentException("chunk \"" + chunk + "\": must not be negative");
        }
    }

    /** What was done. */
    public enum Outcome {
        /** The registry had it in the repository. */
        EXISTED,
        /** The registry had it in another repository. */
        MOUNTED,
        /** It was sent. */
        UPLOADED
    }
}
