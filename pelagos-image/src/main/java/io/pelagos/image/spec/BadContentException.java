package io.pelagos.image.spec;

/**
 * A document, a layer or an archive is not what it must be: its digest is another one, it breaks
 * the specification, or it is larger than is allowed. Nothing of it was made visible.
 */
public final class BadContentException extends ImageException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes an exception.
     *
     * @param message what is wrong with what
     */
    public BadContentException(String message) {
        super(message);
    }

    /**
     * Makes an exception.
     *
     * @param message what is wrong with what
     * @param cause how it was found
     */
    public BadContentException(String message, Throwable cause) {
        super(message);
        initCause(cause);
    }
}
