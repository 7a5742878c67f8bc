package io.pelagos.core;

/** A named volume is not there, or not as it would have to be for what was asked. */
public final class VolumeException extends PelagosException {
    private static final long serialVersionUID = 1L;

    /** What was asked for. */
    private final String volume;

    VolumeException(String volume, String message) {
        super(message);
        this.volume = volume;
    }

    /**
     * Returns what was asked for.
     *
     * @return the name of the volume
     */
    public String volume() {
        return volume;
    }
}
