package io.pelagos.core;

/** The part of the tree of exceptions that belongs to other modules, such as those for images. */
public abstract non-sealed class ExtensionException extends PelagosException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes an exception.
     *
     * @param message what was being done, why it failed, and what to do about it
     */
    protected ExtensionException(String message) {
        super(message);
    }
}
