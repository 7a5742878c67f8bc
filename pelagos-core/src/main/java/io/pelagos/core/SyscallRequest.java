package io.pelagos.core;

import java.util.List;

/**
 * A system call that a thread of a container is about to make and that waits for an answer. The
 * thread may be killed meanwhile; its number can then mean another one, which is why memory is read
 * only here.
 */
public interface SyscallRequest {
    /**
     * Returns which call it is.
     *
     * @return its name, such as {@code connect}
     */
    String name();

    /**
     * Returns who makes it.
     *
     * @return the id of the thread as the JVM sees it
     */
    int tid();

    /**
     * Returns its arguments.
     *
     * @return six numbers: integers, descriptors, or addresses in the caller's memory
     */
    List<Long> arguments();

    /**
     * Returns one of its arguments.
     *
     * @param index from 0 to 5
     * @return the number
     */
    default long argument(int index) {
        return arguments().get(index);
    }

    /**
     * Reads memory of the caller. Other threads may change it at any time.
     *
     * @param address where, as an argument has it
     * @param length how many bytes, at most 1 MiB
     * @return the bytes
     * @throws IllegalStateException when the call was interrupted or its thread killed meanwhile
     * @throws SyscallFailedException when the memory cannot be read
     */
    byte[] read(long address, int length);

    /**
     * Reads a string of the caller up to its NUL.
     *
     * @param address where it begins
     * @param most how many bytes it may have, at most 1 MiB
     * @return the text, decoded as UTF-8
     * @throws IllegalArgumentException when it is longer
     * @throws IllegalStateException when the call was interrupted or its thread killed meanwhile
     * @throws SyscallFailedException when the memory cannot be read
     */
    String readString(long address, int most);

    /**
     * Tells whether the thread still waits for the answer.
     *
     * @return false once it was interrupted or killed
     */
    boolean isWaiting();
}
