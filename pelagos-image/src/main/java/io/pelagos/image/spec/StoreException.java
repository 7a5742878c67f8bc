package io.pelagos.image.spec;

/** The store, a file or a directory cannot be read or written. */
public final class StoreException extends ImageException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes an exception.
     *
     * @param message what was being done, and why it failed
     * @param cause what failed
     */
    public StoreException(String message, Throwable cause) {
        super(message);
        initCause(cause);
    }
}
