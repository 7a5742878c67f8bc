package io.pelagos.image.spec;

import java.util.List;

/** An image is not removed, because containers use it. */
public final class ImageInUseException extends ImageException {
    private static final long serialVersionUID = 1L;

    /** Their names. */
    @SuppressWarnings("serial") // A list of the JDK that can be serialized.
    private final List<String> containers;

    /**
     * Makes an exception.
     *
     * @param reference the image
     * @param containers the names of those that use it
     */
    public ImageInUseException(String reference, List<String> containers) {
        super(
                "removing image "
                        + reference
                        + ": is used by "
                        + String.join(", ", containers)
                        + "; remove the containers first, or force it");
        this.containers = List.copyOf(containers);
    }

    /**
     * Returns who uses the image.
     *
     * @return names of containers
     */
    public List<String> containers() {
        return containers;
    }
}
