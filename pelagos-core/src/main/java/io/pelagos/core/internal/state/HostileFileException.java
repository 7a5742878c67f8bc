package io.pelagos.core.internal.state;

/** Something under the state directory is not what Pelagos writes there; it was not followed. */
public final class HostileFileException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    HostileFileException(String what, String why) {
        super(what + ": " + why);
    }

    HostileFileException(String what, IllegalArgumentException cause) {
        super(what + ": " + cause.getMessage(), cause);
    }
}
