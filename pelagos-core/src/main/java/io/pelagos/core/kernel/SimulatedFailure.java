package io.pelagos.core.kernel;

/** Ends a simulated system call with an error. */
final class SimulatedFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final Errno errno;

    SimulatedFailure(Errno errno) {
        super(errno.toString());
        this.errno = errno;
    }

    Errno errno() {
        return errno;
    }
}
