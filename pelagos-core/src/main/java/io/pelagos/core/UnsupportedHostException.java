package io.pelagos.core;

/** This machine lacks something that was asked for. */
public final class UnsupportedHostException extends PelagosException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes an exception.
     *
     * @param message what is lacking, how that was found, and what to do about it
     */
    public UnsupportedHostException(String message) {
        super(message);
    }

    UnsupportedHostException(String message, Throwable cause) {
        super(message);
        initCause(cause);
    }
}
