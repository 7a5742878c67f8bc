package io.pelagos.core.internal.state;

import io.pelagos.core.kernel.Syscall;
import io.pelagos.core.kernel.SystemCalls;

/**
 * The note that a container stands still for as long as its files are copied. Who finds it, and has
 * the lock, knows that its writer has died, and that nobody else would let the container go on.
 */
public final class FreezeMark {
    private static final byte[] SET = {'1'};

    private final SystemCalls calls;
    private final int file;

    /** The lock's own file keeps the note. */
    FreezeMark(SystemCalls calls, FileLock lock) {
        this.calls = calls;
        file = lock.file().number();
    }

    /** Tells whether somebody has left it. */
    public boolean isSet() {
        return calls.readFully(file, SET.length).length > 0;
    }

    /** To be called before the container is frozen. */
    public void set() {
        clear();
        calls.writeFully(file, SET);
    }

    /** To be called once it goes on, or when somebody wants it to stand still for longer. */
    public void clear() {
        SystemCalls.check(calls.retry(Syscall.FTRUNCATE, file, 0), Syscall.FTRUNCATE, file, 0);
        SystemCalls.check(calls.retry(Syscall.LSEEK, file, 0, 0), Syscall.LSEEK, file, 0, 0);
    }
}
