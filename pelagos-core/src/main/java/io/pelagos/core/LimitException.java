package io.pelagos.core;

/** A limit that was required cannot be had on this host. */
public final class LimitException extends PelagosException {
    private static final long serialVersionUID = 1L;

    /**
     * Makes an exception.
     *
     * @param message which limit, why not, and what to do about it
     * @param cause what was found
     */
    public LimitException(String message, Throwable cause) {
        super(message);
        initCause(cause);
    }
}
