package io.pelagos.core.kernel;

/**
 * A system call failed: the one place where an error number lives between the call and the API's
 * edge, where it becomes an exception that also says what was being done and what to do about it.
 */
public final class ErrnoException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What the kernel answered. */
    private final Errno errno;

    /** The call as the manual page writes it. */
    private final String call;

    /**
     * Makes an exception for a failed call.
     *
     * @param errno why it failed
     * @param call the call with its arguments, as in {@code openat(AT_FDCWD, "/x", O_RDONLY)}
     */
    public ErrnoException(Errno errno, String call) {
        super(call + ": " + errno);
        this.errno = errno;
        this.call = call;
    }

    /**
     * Returns why the call failed.
     *
     * @return the error
     */
    public Errno errno() {
        return errno;
    }

    /**
     * Returns the call with its arguments, written as the manual page writes it.
     *
     * @return for example {@code openat(AT_FDCWD, "/x", O_RDONLY)}
     */
    public String call() {
        return call;
    }
}
