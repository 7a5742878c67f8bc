package io.pelagos.core;

import io.pelagos.core.kernel.Errno;
import io.pelagos.core.kernel.Fd;
import java.util.Objects;

/** What becomes of a system call that a {@link SyscallHandler} was asked about. */
public sealed interface SyscallAnswer {
    /**
     * The kernel makes the call. What the handler has read of the caller's memory may have been
     * changed by then: this is no way to let a call pass because of what a pointer refers to, see
     * seccomp_unotify(2).
     */
    record Allow() implements SyscallAnswer {}

    /**
     * The call is not made, and fails.
     *
     * @param errno with which error
     */
    record Deny(Errno errno) implements SyscallAnswer {
        /** Checks that there is an error. */
        public Deny {
            Objects.requireNonNull(errno, "errno");
        }
    }

    /**
     * The call is not made, and succeeds.
     *
     * @param value what it returns
     */
    record Return(long value) implements SyscallAnswer {}

    /**
     * The call is not made; the caller gets a descriptor, the number of which the call returns.
     *
     * @param file what it refers to; closed on this side afterwards
     * @param closeOnExec whether it is closed when the caller executes a program
     */
    record AddDescriptor(Fd file, boolean closeOnExec) implements SyscallAnswer {
        /** Checks that there is a file. */
        public AddDescriptor {
            Objects.requireNonNull(file, "file");
        }
    }

    /**
     * Lets the kernel make the call.
     *
     * @return the answer
     */
    static SyscallAnswer allow() {
        return new Allow();
    }

    /**
     * Fails the call.
     *
     * @param errno with which error
     * @return the answer
     */
    static SyscallAnswer deny(Errno errno) {
        return new Deny(errno);
    }

    /**
     * Lets the call return a value without being made.
     *
     * @param value what it returns
     * @return the answer
     */
    static SyscallAnswer returning(long value) {
        return new Return(value);
    }

    /**
     * Gives the caller a descriptor, which is closed on execve(2), and returns its number.
     *
     * @param file what it refers to; closed on this side afterwards
     * @return the answer
     */
    static SyscallAnswer addDescriptor(Fd file) {
        return new AddDescriptor(file, true);
    }
}
