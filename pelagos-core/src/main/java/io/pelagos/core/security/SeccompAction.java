package io.pelagos.core.security;

import io.pelagos.core.kernel.Errno;

/**
 * What the kernel does with a system call: a return value of a seccomp filter, see seccomp(2).
 *
 * @param kind what is done
 * @param data the errno of {@link Kind#ERRNO}, the message of {@link Kind#TRACE}, else 0
 */
public record SeccompAction(Kind kind, int data) {
    /** The actions, with their {@code SECCOMP_RET_*} value in {@code linux/seccomp.h}. */
    public enum Kind {
        /** Kill the whole process, as by SIGSYS. */
        KILL_PROCESS(0x80000000),
        /** Kill the calling thread, as by SIGSYS. */
        KILL_THREAD(0x00000000),
        /** Send SIGSYS. */
        TRAP(0x00030000),
        /** Do not call; return an error. */
        ERRNO(0x00050000),
        /** Ask a supervisor, see seccomp_unotify(2). */
        NOTIFY(0x7fc00000),
        /** Ask a tracer, see ptrace(2); without one the call fails with ENOSYS. */
        TRACE(0x7ff00000),
        /** Log and call. */
        LOG(0x7ffc0000),
        /** Call. */
        ALLOW(0x7fff0000);

        private final int value;

        Kind(int value) {
            this.value = value;
        }
    }

    /** Call. */
    public static final SeccompAction ALLOW = new SeccompAction(Kind.ALLOW, 0);

    /** Log and call. */
    public static final SeccompAction LOG = new SeccompAction(Kind.LOG, 0);

    /** Kill the whole process. */
    public static final SeccompAction KILL_PROCESS = new SeccompAction(Kind.KILL_PROCESS, 0);

    /** Kill the calling thread. */
    public static final SeccompAction KILL_THREAD = new SeccompAction(Kind.KILL_THREAD, 0);

    /** Send SIGSYS. */
    public static final SeccompAction TRAP = new SeccompAction(Kind.TRAP, 0);

    /** Ask a supervisor. */
    public static final SeccompAction NOTIFY = new SeccompAction(Kind.NOTIFY, 0);

    /**
     * Checks the value.
     *
     * @param kind what is done
     * @param data an errno from 0 to {@value Errno#MAX}, a message from 0 to 65535, or 0
     */
    public SeccompAction {
        int max =
                switch (kind) {
                    case ERRNO -> Errno.MAX;
                    case TRACE -> 0xffff;
                    default -> 0;
                };
        if (data < 0 || data > max) {
            throw new IllegalArgumentException(
                    "seccomp action: " + kind + " takes a value from 0 to " + max + ": " + data);
        }
    }

    /**
     * Returns an action that fails the call.
     *
     * @param errno with which error
     * @return the action
     */
    public static SeccompAction errno(Errno errno) {
        return new SeccompAction(Kind.ERRNO, errno.number());
    }

    /**
     * Returns an action that asks a tracer.
     *
     * @param message what {@code PTRACE_GETEVENTMSG} gives the tracer, 0 to 65535
     * @return the action
     */
    public static SeccompAction trace(int message) {
        return new SeccompAction(Kind.TRACE, message);
    }

    /**
     * Returns what the filter returns to the kernel.
     *
     * @return a {@code SECCOMP_RET_*} value together with its data
     */
    public int returnValue() {
        return kind.value | data;
    }

    /**
     * Tells whether the call is made without anybody being asked.
     *
     * @return true for {@link Kind#ALLOW} and {@link Kind#LOG}
     */
    public boolean permits() {
        return kind == Kind.ALLOW || kind == Kind.LOG;
    }

    // Filters are compiled on the way of every first start, and a cold JVM takes longer to link
    // the methods that it would make of a record than to compile the filter.
    @Override
    public boolean equals(Object other) {
        return other instanceof SeccompAction action && action.returnValue() == returnValue();
    }

    @Override
    public int hashCode() {
        return returnValue();
    }

    /** Returns for example {@code ALLOW} or {@code ERRNO(38)}. */
    @Override
    public String toString() {
        return kind == Kind.ERRNO || kind == Kind.TRACE ? kind + "(" + data + ")" : kind.name();
    }
}
