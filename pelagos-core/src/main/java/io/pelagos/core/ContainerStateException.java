package io.pelagos.core;

/** A container is not there, or not as it would have to be for what was asked. */
public final class ContainerStateException extends PelagosException {
    private static final long serialVersionUID = 1L;

    /** What was asked for. */
    private final String container;

    private ContainerStateException(String container, String message) {
        super(message);
        this.container = container;
    }

    static ContainerStateException missing(String container) {
        return new ContainerStateException(
                container,
                "there is no container \""
                        + container
                        + "\": containers().list() returns those that there are");
    }

    static ContainerStateException ambiguous(String container, java.util.List<String> names) {
        return new ContainerStateException(
                container,
                "\"" + container + "\" is the beginning of several ids: those of " + names);
    }

    static ContainerStateException running(String container, String consequence) {
        return new ContainerStateException(
                container, "the container " + container + " is running: " + consequence);
    }

    static ContainerStateException ended(String container, String consequence) {
        return new ContainerStateException(
                container, "the container " + container + " is not running: " + consequence);
    }

    static ContainerStateException withoutOptions(String container) {
        return new ContainerStateException(
                container,
                "the container "
                        + container
                        + " was made by another implementation, which knows its options");
    }

    static ContainerStateException of(String container, String message) {
        return new ContainerStateException(container, message);
    }

    /**
     * Returns what was asked for.
     *
     * @return a name, an id or the beginning of one
     */
    public String container() {
        return container;
    }
}
