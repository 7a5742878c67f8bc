package io.pelagos.image.spec;

/** There is no such image, or none for the platform. */
public final class ImageNotFoundException extends ImageException {
    private static final long serialVersionUID = 1L;

    /** What was looked for. */
    private final String reference;

    /**
     * Makes an exception.
     *
     * @param reference what was looked for
     * @param message where it was looked for, what exists instead, and what to do
     */
    public ImageNotFoundException(String reference, String message) {
        super(message);
        this.reference = reference;
    }

    /**
     * Returns what was looked for.
     *
     * @return a reference or an id
     */
    public String reference() {
        return reference;
    }
}
