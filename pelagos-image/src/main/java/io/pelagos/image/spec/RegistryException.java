package io.pelagos.image.spec;

/** A registry did not do what it was asked for, or could not be reached. */
public final class RegistryException extends ImageException {
    private static final long serialVersionUID = 1L;

    /** Its host. */
    private final String registry;

    /** The HTTP status, 0 without an answer. */
    private final int status;

    /**
     * Makes an exception.
     *
     * @param registry its host, with a port where one is named
     * @param status the HTTP status, 0 when there was no answer
     * @param message what was asked for, what came back, and what to do; without secrets
     */
    public RegistryException(String registry, int status, String message) {
        super(message);
        this.registry = registry;
        this.status = status;
    }

    /**
     * Makes an exception.
     *
     * @param registry its host, with a port where one is named
     * @param status the HTTP status, 0 when there was no answer
     * @param message what was asked for, what came back, and what to do; without secrets
     * @param cause what failed
     */
    public RegistryException(String registry, int status, String message, Throwable cause) {
        this(registry, status, message);
        initCause(cause);
    }

    /**
     * Returns which registry it was.
     *
     * @return its host, with a port where one is named
     */
    public String registry() {
        return registry;
    }

    /**
     * Returns what it answered.
     *
     * @return the HTTP status, 0 when there was no answer
     */
    public int status() {
        return status;
    }
}
