package io.pelagos.core;

/**
 * Decides about a system call of a container, see {@link ContainerBuilder#onSyscall}. Each call is
 * decided by a virtual thread of its own while the thread that makes it waits, so a handler may
 * take its time, and is used by many threads at once.
 */
@FunctionalInterface
public interface SyscallHandler {
    /**
     * Decides.
     *
     * @param call what the container's thread is about to do
     * @return what becomes of it
     * @throws Exception whatever is thrown denies the call with EPERM
     */
    SyscallAnswer decide(SyscallRequest call) throws Exception;
}
