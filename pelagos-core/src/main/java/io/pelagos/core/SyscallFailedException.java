package io.pelagos.core;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.ErrnoException;

/**
 * The kernel refused something.
 *
 * <p>The message reads {@code PURPOSE: CALL(ARGUMENTS): ERRNO (text). What to do about it.}
 */
public final class SyscallFailedException extends PelagosException {
    private static final long serialVersionUID = 1L;

    /** What the call was for. */
    private final String purpose;

    /** The call with its arguments. */
    private final String call;

    /** The error of the call. */
    private final Errno errno;

    /** What helps; empty when nothing is known. */
    private final String remedy;

    /**
     * Makes an exception for a failed call.
     *
     * @param purpose what was being done
     * @param call the call with its arguments
     * @param errno why it failed
     */
    public SyscallFailedException(String purpose, String call, Errno errno) {
        this(purpose, call, errno, Remedies.of(purpose, call, errno));
    }

    private SyscallFailedException(String purpose, String call, Errno errno, String remedy) {
        super(purpose + ": " + call + ": " + errno + (remedy.isEmpty() ? "" : ". " + remedy));
        this.purpose = purpose;
        this.call = call;
        this.errno = errno;
        this.remedy = remedy;
    }

    static SyscallFailedException of(String purpose, ErrnoException e) {
        var failure = new SyscallFailedException(purpose, e.call(), e.errno());
        failure.initCause(e);
        return failure;
    }

    /**
     * Returns what was being done.
     *
     * @return for example {@code masking /proc/kcore}
     */
    public String purpose() {
        return purpose;
    }

    /**
     * Returns the call with its arguments.
     *
     * @return the call as its manual page writes it
     */
    public String call() {
        return call;
    }

    /**
     * Returns why it failed.
     *
     * @return the error
     */
    public Errno errno() {
        return errno;
    }

    /**
     * Returns what to do about it.
     *
     * @return one or more sentences; empty when nothing is known
     */
    public String remedy() {
        return remedy;
    }
}
